import { figureTable, percent, show } from "./figure_table.ts";
import type { Figures } from "./results.ts";

/** Durable steps beside the bare statements. */
export function durableTable(figures: Figures<"durable">): string {
  const rows = figures.rows.map(({ concurrency, stepsPerRun, maestro, bare, memory, ratio, cpuRatio }) => [
    `${concurrency} runs at a time, ${stepsPerRun} steps each`,
    show(maestro, 0),
    show(bare, 0),
    show(memory, 0),
    `**${percent(ratio)}**`,
    percent(cpuRatio),
  ]);
  return figureTable("Durable steps in a SQLite file, by the bare statements", figures, [
    [
      "",
      "Maestro, steps/s",
      "bare statements, steps/s",
      "Maestro in memory, steps/s",
      "throughput",
      "by processor time",
    ],
    ...rows,
  ]);
}

/** What a store adds to a short run. */
export function latencyTable(figures: Figures<"latency">): string {
  const rows = figures.rows.map(({ durability, memory, sqlite, added, commits, raw, ratio }) => [
    `\`${durability}\`, ${commits} commits`,
    show(memory, 2),
    show(sqlite, 2),
    show(added, 2),
    show(raw, 2),
    `**${show(ratio, 2)}**`,
  ]);
  return figureTable("What a SQLite file adds to a run of three HTTP calls", figures, [
    ["", "in memory, ms", "in the file, ms", "difference, ms", "bare commits, ms", "difference by bare commits"],
    ...rows,
  ]);
}

/** Going on after `kill -9`. */
export function recoveryTable(figures: Figures<"recovery">): string {
  const rows = figures.rows.map(({ runs, called, ended, bare, resumed }) => [
    String(runs),
    `**${show(called, 0)}**`,
    show(ended, 0),
    show(bare, 0),
    `**${show(resumed, 0)}**`,
  ]);
  return figureTable("Going on after `kill -9`", figures, [
    [
      "interrupted runs",
      "all have called, ms",
      "all have ended, ms",
      "bare statements, ms",
      "`runs resume ID` calls, ms",
    ],
    ...rows,
  ]);
}

/** A page of runs among a million. */
export function listTable(figures: Figures<"list">): string {
  const rows = figures.rows.map(({ filter, matches, maestro, bare }) => [
    filter,
    String(matches),
    `**${show(maestro, 2)}**`,
    show(bare, 2),
  ]);
  return figureTable("The newest 50 among 1,000,000 runs", figures, [
    ["filter", "runs that match", "Maestro, ms", "bare statement, ms"],
    ...rows,
  ]);
}

/** What sleeping runs cost. */
export function sleepersTable(figures: Figures<"sleepers">): string {
  const rows = figures.rows.map(({ runs, megabytes, mostMegabytes, cpuMs, lateMs }) => [
    String(runs),
    `**${show(megabytes, 0)}**`,
    show(mostMegabytes, 0),
    `**${show(cpuMs, 1)}**`,
    show(lateMs, 0),
  ]);
  return figureTable("Sleeping runs in one process", figures, [
    ["runs", "memory, MB", "at the most, MB", "processor time, ms a second", "woken too late by, ms"],
    ...rows,
  ]);
}

/** The steps of a long run. */
export function longRunTable(figures: Figures<"long_run">): string {
  const rows = figures.rows.map(({ block, store, first, last, growth, cpuGrowth }) => [
    `\`${block}\`, ${store === "sqlite" ? "SQLite file" : "memory"}`,
    show(first, 1),
    show(last, 1),
    `**${show(growth, 2)}**`,
    show(cpuGrowth, 2),
  ]);
  return figureTable("A run of 10,000 steps, `async`", figures, [
    ["", "first 1,000, µs a step", "last 1,000, µs a step", "last by first", "in processor time"],
    ...rows,
  ]);
}
