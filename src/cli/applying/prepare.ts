// The commands that make the project ready, all of them and at once: nothing else is done by it.

import { fail } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { SandboxPlan } from '../../model/plan.js'
import { calledAgain } from '../call/change-flags.js'
import { withEngine } from '../call/connect.js'
import type { Declared } from '../declared/declared.js'
import { insideOf } from './inside.js'
import { type Invocation, print, telling } from '../call/invocation.js'
import { readDeclaredHere } from '../declared/no-file.js'
import { performPlans } from './perform.js'
import { planDeclared } from '../planning/planning.js'

export async function prepare(invocation: Invocation): Promise<number> {
  const declared = await readDeclaredHere(invocation, {})
  return withEngine(invocation, declared.host, (engine) => prepareOn(invocation, engine, declared))
}

/** The same, on this engine. */
export async function prepareOn(invocation: Invocation, engine: Engine, declared: Declared): Promise<number> {
  const planned = await planDeclared(declared, engine, { prepares: 'all', tell: telling(invocation) })
  const { plan } = planned
  if (declared.desired.prepare === undefined && invocation.options.json !== true) {
    print(invocation, [`${plan.name} has no commands in prepare.`])
    return 0
  }
  refuseOther(plan, planned.risks.widening.length > 0)
  const inside = await insideOf(invocation, engine, planned)
  return performPlans(invocation, engine, [plan], 'Applied', {
    ...inside,
    ...calledAgain(invocation, 'sbx prepare', {}),
  })
}

/** What else there is to do nobody has looked at. */
function refuseOther({ name, current, steps, changes }: SandboxPlan, isWidened: boolean): void {
  if (current === null) {
    fail('cli/not-running', 'The sandbox is not running', {
      detail: `${name} is not there yet; what makes its project ready runs when it is made:`,
      command: 'sbx apply',
    })
  }
  const isOther =
    isWidened ||
    changes.some(({ path }) => !path.startsWith('/prepare/')) ||
    steps.some((step) => step.do !== 'prepare' && step.do !== 'create-record' && step.do !== 'remove-record')
  if (!isOther) return
  fail('prepare/other-changes', 'There is more to do than to make the project ready', {
    detail: `What sandbox.yaml says of ${name} is not applied, or it does not run. That comes first, and runs what has to run:`,
    command: 'sbx apply',
  })
}
