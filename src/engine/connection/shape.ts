// Words to say of which shape a value must be that came from outside.

import { isRecord } from '../../model/json.js'

export type Check = (value: unknown) => boolean

export const isString: Check = (value) => typeof value === 'string'
export const isBoolean: Check = (value) => typeof value === 'boolean'
export const isNumber: Check = (value) => typeof value === 'number'

/** In seconds since 1970, of the years that are written with four digits. */
export const isEpochTime: Check = (value) => typeof value === 'number' && value >= 0 && value < 253_402_300_800

export const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)

export const nullable =
  (check: Check): Check =>
  (value) =>
    value === null || check(value)

export const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.some((word) => word === value)

export const either =
  (...checks: readonly Check[]): Check =>
  (value) =>
    checks.some((check) => check(value))

export const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)

export const recordOf =
  (check: Check): Check =>
  (value) =>
    isRecord(value) && Object.values(value).every(check)

/** Further keys are of no matter. */
export const shape =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isRecord(value) && Object.entries(checks).every(([key, check]) => check(value[key]))
