import { useEffect, useRef } from "react";
import { useLocale } from "../preferences/locale.tsx";

type ShortcutsDialogProps = {
  readonly enabled: boolean;
  readonly onEnable: (enabled: boolean) => void;
  readonly onClose: () => void;
};

export const ShortcutsDialog = ({ enabled, onEnable, onClose }: ShortcutsDialogProps) => {
  const { texts } = useLocale();
  const dialog = useRef<HTMLDialogElement>(null);
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    close.current?.focus();
  }, []);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby="shortcuts-title" onClose={onClose}>
      <h2 id="shortcuts-title">{texts.keyboard}</h2>
      <dl className="keys">
        <div>
          <dt>
            <kbd>r</kbd>
          </dt>
          <dd>{texts.keys.check}</dd>
        </div>
        <div>
          <dt>
            <kbd>?</kbd>
          </dt>
          <dd>{texts.keys.help}</dd>
        </div>
      </dl>
      <label className="checkbox">
        <input type="checkbox" checked={enabled} onChange={(event) => onEnable(event.target.checked)} />
        {texts.keysEnabled}
      </label>
      <button ref={close} type="button" className="button" onClick={() => dialog.current?.close()}>
        {texts.close}
      </button>
    </dialog>
  );
};
