import { componentLabel } from "./format.ts";
import type { Texts } from "./texts.ts";

const list = (names: readonly string[]) => names.map((name) => componentLabel(ru.componentNames, name)).join(", ");

const sentence: Texts["sentence"] = (condition, age) => {
  switch (condition.kind) {
    case "loading":
      return { headline: "Проверяем сервис…" };
    case "ok":
      return { headline: "Все системы работают" };
    case "degraded":
      return condition.names.length > 0
        ? { headline: `Часть компонентов работает с перебоями: ${list(condition.names)}` }
        : { headline: "Сервис работает с перебоями" };
    case "down":
      return condition.names.length > 0
        ? { headline: `Сервис не работает. Не отвечает: ${list(condition.names)}` }
        : { headline: "Сервис не работает" };
    case "unreachable":
      return { headline: "Не удаётся связаться с API.", ...(age && { age: `Последние данные: ${age} назад` }) };
    case "offline":
      return { headline: "Нет подключения к интернету. Проверки возобновятся после подключения" };
    case "cors":
      return {
        headline:
          "API ответил, но страница не может прочитать ответ. Возможно, дело в настройке CORS или в ошибке платформы",
      };
    case "timeout":
      return { headline: "Нет ответа в течение 5 с" };
    case "unreadable":
      return {
        headline: `API ответил, но это не отчёт о состоянии${condition.httpStatus ? ` (HTTP ${condition.httpStatus})` : ""}`,
      };
    case "stale":
      return { headline: "Данные устарели:", ...(age && { age: `обновлены ${age} назад` }) };
  }
};

export const ru: Texts = {
  units: { ms: "мс", second: "с", minute: "мин", hour: "ч", day: "дн." },
  title: "Состояние сервиса",
  skip: "К содержанию",
  environment: "Окружение",
  language: "Язык",
  theme: "Тема",
  themes: { auto: "Авто", light: "Светлая", dark: "Тёмная" },
  checkNow: "Проверить",
  currentState: "Текущее состояние",
  sentence,
  updated: (age) => `Обновлено ${age} назад`,
  updatedNow: "Обновлено только что",
  nextIn: (delay) => `следующая проверка через ${delay}`,
  checking: "идёт проверка",
  lastKnown: (age) => `Последние данные, ${age} назад`,
  facts: {
    revision: "Ревизия",
    version: "Версия",
    release: "Релиз",
    commit: "Коммит",
    p95: "Задержка, p95",
    incident: "Последний сбой",
  },
  noIncident: "не было",
  ago: (age) => `${age} назад`,
  ongoing: "продолжается",
  unnamed: "не указано",
  components: "Компоненты",
  componentNames: {
    database: "База данных",
    redis: "Redis",
    cache: "Кэш",
    worker: "Воркер",
    queue: "Очередь",
    storage: "Хранилище",
  },
  noComponents: "API не называет компонентов",
  optional: "опционально",
  chips: { pass: "Работает", warn: "С перебоями", fail: "Не работает", unknown: "Нет данных" },
  latency: "Задержка",
  latencyNote: "По замерам этой страницы с момента открытия",
  asTable: "Показать таблицей",
  asChart: "Показать графиком",
  chartSummary: ({ count, failed, p50, p95 }) =>
    `График задержки: проверок ${count}, без ответа ${failed}, медиана ${p50}, 95-й процентиль ${p95}`,
  table: { time: "Время", latency: "Задержка", state: "Состояние" },
  conditions: {
    ok: "Работает",
    degraded: "С перебоями",
    down: "Не работает",
    unreadable: "Ответ не прочитан",
    unreachable: "Нет связи",
    offline: "Нет интернета",
    cors: "Ответ не прочитан",
    timeout: "Нет ответа",
  },
  deployed: (id) => `Развёрнута ${id}`,
  history: (days) => `Последние ${days} дней`,
  uptime: (percent) => `Доступность ${percent}`,
  dayUptime: (day, percent) => `${day}: ${percent ? `доступность ${percent}` : "нет данных"}`,
  daySeen: (seen, unavailable, degraded) => {
    const bad = [unavailable && `недоступен ${unavailable}`, degraded && `с перебоями ${degraded}`];
    return [`Под наблюдением ${seen}`, ...bad].filter(Boolean).join(", ");
  },
  earlierDay: "Предыдущий день",
  laterDay: "Следующий день",
  historyNote:
    "То, что видел этот браузер, пока страница была открыта. Перебои считаются работой, отсутствие связи — нет.",
  historyNotKept: "Браузер не разрешает странице хранить историю: она исчезнет вместе с вкладкой.",
  noHistory: "Истории пока нет. Она появится по мере проверок",
  incidents: "Сбои",
  noIncidents: "Этот браузер их не видел",
  incident: (condition) => {
    const names = "names" in condition && condition.names.length > 0 ? `: ${list(condition.names)}` : "";
    return `${ru.conditions[condition.kind]}${names}`;
  },
  since: (time) => `с ${time}`,
  deployments: "Развёртывания",
  noDeployments: "API не называет свою ревизию",
  deploymentStates: { current: "Текущая", earlier: "Прежняя" },
  firstSeen: (time) => `замечена ${time}`,
  config: (problem) => {
    switch (problem.code) {
      case "missing":
        return {
          headline: "У страницы нет конфигурации",
          explanation: "Файла /config.json нет. Его записывает развёртывание фронтенда: запустите его ещё раз.",
        };
      case "invalid":
        return {
          headline: "Конфигурация страницы неверна",
          explanation:
            "Файл /config.json использовать нельзя. Исправьте конфигурацию сайта и разверните фронтенд ещё раз.",
        };
      case "unreachable":
        return {
          headline: "Не удаётся загрузить конфигурацию страницы",
          explanation: `Файл /config.json не получен${problem.httpStatus ? ` (HTTP ${problem.httpStatus})` : ""}. Проверьте подключение и повторите.`,
        };
    }
  },
  configExpected: "Он должен выглядеть так:",
  keyboard: "Клавиши",
  keys: { check: "Проверить сейчас", help: "Показать клавиши" },
  keysEnabled: "Включить управление клавишами",
  close: "Закрыть",
  about: "Проверки идут из вашего браузера, каждые 15 секунд, пока вкладка открыта.",
};
