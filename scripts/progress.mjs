// What a script is doing, on the screen: one line a step, the command's own words only when it fails.

import { spawn } from 'node:child_process'

const keptLines = 60

/** A failure that is the user's to mend: shown without a stack. */
export class Refusal extends Error {}

/** Shows what goes on while `work` does it, and how long it took. */
export async function step(title, work) {
  const start = Date.now()
  const seconds = () => `${((Date.now() - start) / 1000).toFixed(1)} s`
  console.log(`-> ${title}`)
  try {
    const result = await work()
    console.log(`   ${title}: done in ${seconds()}`)
    return result
  } catch (error) {
    console.log(`   ${title}: failed after ${seconds()}`)
    throw error
  }
}

/**
 * Runs a command to its end; its output is kept back and becomes the error's text when it fails.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<string>} the last lines of what it wrote
 */
export function runQuietly(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let written = ''
    const keep = (chunk) => {
      written = (written + chunk).split('\n').slice(-keptLines).join('\n')
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) resolve(written)
      else reject(new Refusal(`${written.trim()}\n\n\`${[command, ...args].join(' ')}\` ended with ${signal ?? code}`))
    })
  })
}

/** Runs a command on this terminal, output as it comes. @returns {Promise<number>} its exit code */
export function runHere(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options })
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}

/** The end of a script: its failure in words, its exit code. */
export async function runScript(work) {
  try {
    process.exitCode = await work()
  } catch (error) {
    console.error(`\n${error instanceof Refusal ? error.message : error.stack}`)
    process.exitCode = 1
  }
}
