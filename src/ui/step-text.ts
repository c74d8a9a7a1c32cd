// A step in the words of the plan.

import type { ContainerTarget, KeptFiles, SandboxPlan, Step } from '../model/plan.js'
import { bytesText, counted, shortId, shortIdOrName } from './quantities.js'

export function stepText(step: Step, current: SandboxPlan['current']): string {
  switch (step.do) {
    case 'pull-image':
      return `pull ${step.reference}`
    case 'build-image':
      return `build ${step.tag}`
    case 'create-volume':
    case 'create-record':
      return `create ${step.name}`
    case 'create-network':
      return `create the ${step.access} network`
    case 'create-container':
    case 'create-proxy':
      return `create ${step.request.name}`
    case 'settle':
      return 'see that no other apply came first'
    case 'start':
    case 'unpause':
    case 'stop':
      return `${step.do} ${targetText(step.target, current)}`
    case 'start-proxy':
    case 'stop-proxy':
    case 'remove-proxy':
      return `${step.do.slice(0, -'-proxy'.length)} the proxy ${targetText(step.target, current)}`
    case 'verify-network':
      return 'see that the sandbox reaches its proxy and nothing else'
    case 'await-ready':
      return 'await ready'
    case 'snapshot-container':
      return "snapshot the container's files"
    case 'copy-files':
      return copyText(step.seen)
    case 'compare-homes':
      return 'see which files of the image the home hides'
    case 'refresh-home':
      return 'bring the files of the image that nobody changed into the home'
    case 'seed-workspace':
      if (step.isThere === true) return 'see that the clone is filled'
      return `fill the clone at ${step.head.slice(0, 7)}, on branch ${step.branch}`
    case 'prepare':
      return `run ${oneLine(step.run)}`
    case 'update-limits':
      return `update the limits of ${targetText(step.target, current)}`
    case 'reset-restart-policy':
      return `let nothing but sbx start ${targetText(step.target, current)}`
    case 'remove-container':
      return `remove ${targetText(step.target, current)}`
    case 'remove-record':
    case 'remove-volume':
      return `remove ${step.name}`
    case 'remove-network':
      return `remove network ${shortIdOrName(step.id)}`
    case 'remove-image':
      return `remove ${step.reference}`
  }
}

/** A command may have several. */
export function oneLine(command: string): string {
  const [first = '', ...more] = command.trim().split('\n')
  return more.length === 0 ? first : `${first} ...`
}

function copyText(seen: KeptFiles | undefined): string {
  if (seen === undefined) return "copy the container's files over"
  const { paths, bytes } = seen
  return `copy ${counted(paths, 'path')} over${bytes === undefined ? '' : ` (${bytesText(bytes)})`}`
}

function targetText(target: ContainerTarget, current: SandboxPlan['current']): string {
  if ('made' in target) return target.made
  return current !== null && target.id === current.containerId ? current.name : shortId(target.id)
}
