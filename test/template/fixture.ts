// Template folders of a test's own, and what a failing call says.

import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { DiagnosticError, type Diagnostic } from '../../src/model/diagnostic.js'

export type FileToWrite = string | { readonly text: string; readonly mode: number } | { readonly link: string }

export function folder(files: Readonly<Record<string, FileToWrite>>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sbx-template-')))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (const [path, file] of Object.entries(files)) write(join(root, path), file)
  return root
}

export function write(path: string, file: FileToWrite): void {
  mkdirSync(dirname(path), { recursive: true })
  if (typeof file === 'string') writeFileSync(path, file)
  else if ('link' in file) symlinkSync(file.link, path)
  else {
    writeFileSync(path, file.text)
    chmodSync(path, file.mode)
  }
}

/** The diagnostics that a call throws; fails where it throws none, or something else. */
export async function diagnosticsOf(call: () => unknown): Promise<readonly Diagnostic[]> {
  try {
    await call()
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics
    throw error
  }
  return expect.fail('nothing was thrown')
}

export async function codesOf(call: () => unknown): Promise<readonly string[]> {
  return (await diagnosticsOf(call)).map((diagnostic) => diagnostic.code)
}

export const certificate = (content: string): string =>
  `-----BEGIN CERTIFICATE-----\n${content}\n-----END CERTIFICATE-----\n`
