import type { Transfer } from '../../model/step-event.js'
import type { Message } from '../connection/messages.js'

type Layer = { isDone: boolean; current: number; total: number }

/** Adds up what a pull tells of its layers. Gives the sum after each message that changes it, else null. */
export function transferOf(): (message: Message) => Transfer | null {
  const layers = new Map<string, Layer>()
  return ({ status, id, progressDetail }) => {
    if (id === undefined || status === undefined || !isLayerState(status)) return null
    const layer = layers.get(id) ?? { isDone: false, current: 0, total: 0 }
    layers.set(id, layer)
    if (status === 'Downloading') {
      layer.current = progressDetail?.current ?? layer.current
      // A registry need not say how much there is to come.
      layer.total = Math.max(progressDetail?.total ?? layer.total, layer.current)
    } else if (status !== 'Waiting' && status !== 'Pulling fs layer') {
      layer.current = layer.total
    }
    if (status === 'Pull complete' || status === 'Already exists') layer.isDone = true
    const all = [...layers.values()]
    return {
      layers: all.length,
      layersDone: all.filter(({ isDone }) => isDone).length,
      bytes: sum(all.map(({ current }) => current)),
      bytesTotal: sum(all.map(({ total }) => total)),
    }
  }
}

/** Some messages have the tag for their id: `latest: Pulling from library/debian`. */
function isLayerState(status: string): boolean {
  return (
    /^(Pulling fs layer|Waiting|Downloading|Verifying Checksum|Download complete|Extracting)$/.test(status) ||
    /^(Pull complete|Already exists)$/.test(status)
  )
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
