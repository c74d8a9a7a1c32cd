// Sizes, times and paths as a person says them.

const memoryUnits = [
  ['g', 2 ** 30],
  ['m', 2 ** 20],
  ['k', 2 ** 10],
] as const

/** Bytes as `sandbox.yaml` writes them, exactly: `4g`, `1536m`. */
export function memoryText(bytes: number): string {
  for (const [unit, size] of memoryUnits) {
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`
  }
  return `${bytes}b`
}

/** The same units with one decimal below ten, for what is read beside a limit: `1.3m`, `97m`. */
export function memoryShort(bytes: number): string {
  const [unit, size] = memoryUnits.find(([, each]) => bytes >= each) ?? (['b', 1] as const)
  const count = bytes / size
  return `${size > 1 && count < 9.95 ? count.toFixed(1) : String(Math.round(count))}${unit}`
}

/** Of a total, in one unit that both have: `34.1 of 120.4 MB`. A unit is a thousand of the one before. */
export function bytesOfText(bytes: number, total: number): string {
  const units = ['kB', 'MB', 'GB'] as const
  const power = Math.min(Math.max(Math.floor(Math.log10(Math.max(total, 1)) / 3), 1), units.length)
  const text = (count: number): string => (count / 1000 ** power).toFixed(1)
  return `${text(bytes)} of ${text(total)} ${units[power - 1] ?? ''}`
}

/** With one decimal below ten, and whole above: `3.4 MB`, `150 MB`. A unit is a thousand of the one before. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const
  const power = Math.min(Math.max(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), 0), units.length - 1)
  if (bytes === 1) return '1 byte'
  const count = bytes / 1000 ** power
  return `${power > 0 && count < 10 ? count.toFixed(1) : String(Math.round(count))} ${units[power] ?? ''}`
}

const timeUnits = [
  ['year', 365 * 24 * 3600],
  ['month', 30 * 24 * 3600],
  ['week', 7 * 24 * 3600],
  ['day', 24 * 3600],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** Whole units, rounded down: `4 days`. Weeks begin at two, since `12 days` says more than `1 week`. */
export function durationText(seconds: number): string {
  for (const [unit, size] of timeUnits) {
    const count = Math.floor(seconds / size)
    if (count >= (unit === 'week' || unit === 'month' ? 2 : 1)) return counted(count, unit)
  }
  return 'a moment'
}

/** The same in one letter, without weeks, months and years: `4d`, `0s`. */
export function shortDurationText(seconds: number): string {
  const units = [
    ['d', 24 * 3600],
    ['h', 3600],
    ['m', 60],
  ] as const
  const [letter, size] = units.find(([, each]) => seconds >= each) ?? (['s', 1] as const)
  return `${Math.floor(seconds / size)}${letter}`
}

/** With one decimal, as a stopwatch: `0.2s`, `75.3s`. */
export function elapsedText(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)}s`
}

export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`
}

/** The home folder as `~`, wherever in the text a path beneath it begins. */
export function withTilde(text: string, home: string): string {
  if (home === '' || home === '/') return text
  const root = home.replace(/\/+$/, '')
  const escaped = root.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return text.replaceAll(new RegExp(`(?<![\\w./~-])${escaped}(?=/|$|[\\s:,;)"'])`, 'g'), '~')
}

/** Relative to the working folder when beneath it, else with `~`. */
export function pathText(path: string, workingFolder: string, home: string): string {
  const beneath = workingFolder.endsWith('/') ? workingFolder : `${workingFolder}/`
  return path.startsWith(beneath) && path !== beneath ? path.slice(beneath.length) : withTilde(path, home)
}

/** The first twelve characters of an engine id, without the name of its digest. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12)
}

/** Of what goes by its id or by its name. */
export function shortIdOrName(text: string): string {
  return /^[0-9a-f]{64}$/.test(text) ? shortId(text) : text
}

/** Of today the time alone. */
export function timeText(time: Date, now: Date): string {
  const digits = (value: number): string => String(value).padStart(2, '0')
  const clock = `${digits(time.getHours())}:${digits(time.getMinutes())}`
  if (time.toDateString() === now.toDateString()) return clock
  return `${time.getFullYear()}-${digits(time.getMonth() + 1)}-${digits(time.getDate())} ${clock}`
}
