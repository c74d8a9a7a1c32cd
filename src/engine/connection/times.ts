const pattern = /^([^.Z+]*?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/

export function isTime(text: string): boolean {
  const [, whole, , zone] = pattern.exec(text) ?? []
  return whole !== undefined && zone !== undefined && !Number.isNaN(Date.parse(whole + zone))
}

/** Nanoseconds since 1970 of an RFC 3339 time with up to nine decimals, in any zone: file times come in the engine's own. */
export function nanoseconds(time: string): bigint {
  const [, whole = '', fraction = '', zone = ''] = pattern.exec(time) ?? []
  const milliseconds = Date.parse(whole + zone)
  if (Number.isNaN(milliseconds)) throw new Error(`not a time: ${time}`)
  return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9))
}

export function compareTimes(a: string, b: string): number {
  const difference = nanoseconds(a) - nanoseconds(b)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}
