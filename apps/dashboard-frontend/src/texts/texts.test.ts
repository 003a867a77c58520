import { describe, expect, test } from "vitest";
import { createFormats, formatDuration, formatMinutes } from "./format.ts";
import { textsOf } from "./texts.ts";

const languages = ["en", "ru"] as const;
type Spoken = Parameters<ReturnType<typeof textsOf>["sentence"]>[0];

describe("sentences", () => {
  const spoken: readonly (readonly [Spoken, string, string])[] = [
    [{ kind: "loading" }, "Checking the service…", "Проверяем сервис…"],
    [{ kind: "ok" }, "All systems operational", "Все системы работают"],
    [
      { kind: "degraded", names: ["worker", "mail"] },
      "Some components are degraded: Worker, mail",
      "Часть компонентов работает с перебоями: Воркер, mail",
    ],
    [
      { kind: "down", names: ["database"] },
      "The service is down. Database not responding",
      "Сервис не работает. Не отвечает: База данных",
    ],
    [{ kind: "down", names: [] }, "The service is down", "Сервис не работает"],
    [
      { kind: "unreachable" },
      "Can't reach the API. Last known state 8 s ago",
      "Не удаётся связаться с API. Последние данные: 8 s назад",
    ],
    [
      { kind: "offline" },
      "You're offline. Checks resume when you reconnect",
      "Нет подключения к интернету. Проверки возобновятся после подключения",
    ],
    [
      { kind: "cors" },
      "The API answered, but this page can't read the reply. It may be a CORS setting or an error from the platform",
      "API ответил, но страница не может прочитать ответ. Возможно, дело в настройке CORS или в ошибке платформы",
    ],
    [{ kind: "timeout" }, "No reply within 5 s", "Нет ответа в течение 5 с"],
    [{ kind: "stale" }, "Data is stale: updated 8 s ago", "Данные устарели: обновлены 8 s назад"],
    [
      { kind: "unreadable", httpStatus: 404 },
      "The API answered, but not with a health report (HTTP 404)",
      "API ответил, но это не отчёт о состоянии (HTTP 404)",
    ],
  ];

  test.each(spoken)("%j", (condition, english, russian) => {
    const [en, ru] = languages.map((language) => {
      const { headline, age } = textsOf(language).sentence(condition, "8 s");
      return age ? `${headline} ${age}` : headline;
    });
    expect([en, ru]).toEqual([english, russian]);
  });

  test("say nothing of a last known state before there was one", () => {
    expect(textsOf("en").sentence({ kind: "unreachable" }, undefined)).toEqual({ headline: "Can't reach the API." });
  });

  test("take a component's name for a name, whatever it is", () => {
    expect(textsOf("en").sentence({ kind: "degraded", names: ["constructor"] }, undefined).headline).toContain(
      ": constructor",
    );
  });
});

describe("numbers", () => {
  const { units } = textsOf("en");

  test.each([
    [0, "1 s"],
    [59_999, "59 s"],
    [60_000, "1 min"],
    [3_599_999, "59 min"],
    [3_600_000, "1 h"],
    [172_799_999, "47 h"],
    [172_800_000, "2 d"],
  ])("%d ms last %s", (ms, expected) => {
    expect(formatDuration(ms, units)).toBe(expected.replace(" ", "\u00a0"));
  });

  test.each([
    [0.42, "en", "0.4 ms"],
    [83.7, "en", "84 ms"],
    [1_250, "en", "1.25 s"],
    [1_250, "ru", "1,25 с"],
  ] as const)("%d ms is a latency of %s %s", (ms, language, expected) => {
    expect(createFormats(language, textsOf(language).units).latency(ms)).toBe(expected.replace(" ", "\u00a0"));
  });

  test.each([
    [0, "0 min"],
    [45, "45 min"],
    [120, "2 h"],
    [1_439, "23 h 59 min"],
  ])("%d minutes in full", (minutes, expected) => {
    expect(formatMinutes(minutes, units).replaceAll("\u00a0", " ")).toBe(expected);
  });

  test("a time of another day names the day", () => {
    const english = createFormats("en", units);
    const date = new Date(2026, 7, 22, 14, 3, 9).getTime();
    expect(english.time(date, date)).toBe("14:03:09");
    expect(english.time(date, date + 86_400_000)).toBe("Aug 22, 14:03:09");
    expect(createFormats("ru", textsOf("ru").units).time(date, date + 86_400_000)).toBe("22 авг., 14:03:09");
  });
});
