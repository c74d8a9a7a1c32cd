// What the quickstart does with examples/hello: with which agent, and which edit it shows.

import { Refusal } from './progress.mjs'

/** The example as it is: a shell. */
const shell = {
  profile: [],
  yes: ['--yes'],
  args: ['-c', 'echo "$GREETING from a sandbox, in $PWD"'],
  memory: ['memory: 512m', 'memory: 768m'],
}

/** Its profile with Claude Code, which hands the key to sessions: that needs a yes, and whoever set the key gave it. */
const claude = {
  profile: ['--profile', 'claude'],
  yes: ['--yes', '--allow-widen'],
  args: ['-p', 'Say hello in five words.'],
  memory: ['memory: 2g', 'memory: 3g'],
}

export function hasKey(env) {
  return (env['ANTHROPIC_API_KEY'] ?? '') !== ''
}

export function helloAgent(env) {
  return hasKey(env) ? claude : shell
}

/**
 * The file with the edit in it: one value for the next session, one for the container that runs.
 * @param {string} text
 * @param {{ memory: string[] }} agent
 */
export function edited(text, agent) {
  return [['GREETING: hello', 'GREETING: good morning'], agent.memory].reduce((sofar, [before, after]) => {
    if (!sofar.includes(before))
      throw new Refusal(
        `examples/hello/sandbox.yaml has no "${before}" any more. As it was: git checkout examples/hello`,
      )
    return sofar.replace(before, after)
  }, text)
}
