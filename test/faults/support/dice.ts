// Dice that fall the same each time, so that what they led to can be seen again.

export type Dice = <Value>(values: readonly [Value, ...Value[]]) => Value

/** The same throws each time (mulberry32). */
export function dice(seed: number): Dice {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
  return (values) => values[Math.floor(next() * values.length)] ?? values[0]
}
