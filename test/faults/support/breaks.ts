// Ways to break the planner, each a change of a line or two. Where a line is written anew, its break has to be as well:
// one that does not fit exactly once is an error.

export type Break = {
  readonly what: string
  readonly file: string
  readonly from: string
  readonly to: string
}

export const breaks: readonly Break[] = [
  {
    what: 'one that was made and never started is in use like one that ran',
    file: 'in-use.ts',
    from: "return container.state === 'exited' ? 1 : 0",
    to: 'return 1',
  },
  {
    what: 'of a chain of containers the first is in use',
    file: 'in-use.ts',
    from: '(generation.get(right.id) ?? 0) - (generation.get(left.id) ?? 0)',
    to: '(generation.get(left.id) ?? 0) - (generation.get(right.id) ?? 0)',
  },
  {
    what: 'what is paused does not run',
    file: 'in-use.ts',
    from: "container.state === 'running' || container.state === 'paused' ||",
    to: "container.state === 'running' ||",
  },
  {
    what: 'a replacement that an apply left half done is not taken',
    file: 'plan.ts',
    from: '  if (successor !== undefined) return successor\n',
    to: '',
  },
  {
    what: '--recreate keeps a container that fits',
    file: 'plan.ts',
    from: '  if (options.recreate) return null\n',
    to: '',
  },
  {
    what: 'a container stays although its home is gone',
    file: 'plan.ts',
    from: 'if (!live.hasHome || !hasVolumes(',
    to: 'if (!hasVolumes(',
  },
  {
    what: 'a container stays although its network is gone',
    file: 'plan.ts',
    from: ' || !container.startable) return false',
    to: ') return false',
  },
  {
    what: 'a folder that was made anew is not noticed',
    file: 'records.ts',
    from: "return containerSpec.workspace.mode !== 'clone' && startedOn !== inode",
    to: 'return false',
  },
  {
    what: 'a container stays although the volume of its clone is gone',
    file: 'plan.ts',
    from: ' || !hasVolumes(desired, live)',
    to: '',
  },
  {
    what: 'a clone is filled although it was',
    file: 'clone.ts',
    from: 'if (clone === undefined || record.clone !== undefined) return null',
    to: 'if (clone === undefined) return null',
  },
  {
    what: 'what makes a project ready runs once and never again',
    file: 'prepare.ts',
    from: "if (before !== inputsDigest(spec)) return [{ spec, why: 'changed' }]",
    to: '',
  },
  {
    what: 'what only a new container can take is changed in place',
    file: 'diff.ts',
    from: "if (key === undefined || !comparison.recordKeys.has(key)) return 'recreate'",
    to: "if (key === undefined || !comparison.recordKeys.has(key)) return 'live'",
  },
  {
    what: 'a memory limit is lifted in place',
    file: 'diff.ts',
    from: "return member === 'memory' && desired === undefined && live !== undefined ? 'recreate' : 'live'",
    to: "return 'live'",
  },
  {
    what: 'digests of two keys are compared',
    file: 'diff.ts',
    from: 'return !comparison.isComparable && desired !== undefined',
    to: 'return false && desired !== undefined',
  },
  {
    what: 'drift is told as an edit',
    file: 'diff.ts',
    from: "origin: wasChangedByHand && isEqual(applied, desired) ? 'drift' : 'config',",
    to: "origin: 'config',",
  },
  {
    what: 'the old container is removed without a stop',
    file: 'steps.ts',
    from: 'const stopping = replaced.filter(isRunning).map(',
    to: 'const stopping = replaced.filter(() => false).map(',
  },
  {
    what: 'nobody looks again after the start',
    file: 'steps.ts',
    from: 'const isContested = isStarted(container) || replaced.length > 0 || egress.changeOver.length > 0',
    to: 'const isContested = false',
  },
  {
    what: 'the old container is left behind',
    file: 'steps.ts',
    from: "    ...replaced.map((other): Step => ({ do: 'remove-container', target: { id: other.id } })),\n",
    to: '',
  },
  {
    what: 'old records are left behind',
    file: 'tail-steps.ts',
    from: '.filter((name) => !later.has(name))',
    to: '.filter(() => false)',
  },
  {
    what: 'a record says of a folder that it was started on before it was',
    file: 'steps.ts',
    from: '&& (isRestart || refreshing.length > 0)',
    to: '&& refreshing.length > 0',
  },
  {
    what: 'no home is made',
    file: 'steps.ts',
    from: "...(live.hasHome ? [] : [{ do: 'create-volume'",
    to: "...(!live.hasHome ? [] : [{ do: 'create-volume'",
  },
  {
    what: 'what an image is built on is left out',
    file: 'steps.ts',
    from: 'if (isThere(image.reference)) return []',
    to: 'if (image.steps.length > 1) return []',
  },
  {
    what: 'what is not there any more on this machine is taken out of the record',
    file: 'host-values.ts',
    from: 'if (applied === null) return desired',
    to: 'return desired',
  },
  {
    what: 'a removal takes the home unasked',
    file: 'removal.ts',
    from: '...(volumes ? volumesOf(own) : []).map(',
    to: '...volumesOf(own).map(',
  },
  {
    what: 'prune takes what is in use',
    file: 'removal.ts',
    from: 'const removed = stays ? own.filter((container) => container.id !== inUse.id) : own',
    to: 'const removed = own',
  },
  {
    what: 'what another apply has made is taken back',
    file: 'apply.ts',
    from: 'if (result.made !== false) done.push',
    to: 'done.push',
  },
  {
    what: 'a failure past the change-over takes the new one back',
    file: 'apply.ts',
    from: "      if (index >= settled) throw withLine(error, step.do === 'prepare' ? unpreparedText(plan) : leftoverText(plan))\n",
    to: '',
  },
  {
    what: 'what was done is taken back first things first',
    file: 'take-back.ts',
    from: '.toReversed()',
    to: '',
  },
  {
    what: 'a step whose answer got lost is not taken back',
    file: 'undo.ts',
    from: 'if (begun === null ||',
    to: 'if (begun !== null || begun === null ||',
  },
]
