import type { Configuration } from '../config/schema.ts'
import { openTemperatureSensor } from '../device/temperature-sensor.ts'
import type { NodeClock } from '../fusion/node-clock.ts'
import { readMonoNs } from '../linux/clock.ts'
import type { Report } from './agent-event.ts'
import { createFaultLog } from './fault-log.ts'

/** The temperature sensors of the configuration, heard by the node clock. One that is missing is told, and missed by nobody. */
export function openThermometers(
  { oscillator, sources }: Pick<Configuration, 'oscillator' | 'sources'>,
  nodeClock: Pick<NodeClock, 'setTemperature'>,
  report: Report,
): { close(): void } {
  const faults = createFaultLog(report)
  const open = (sensor: string, who: string, source: string | undefined): { close(): void } =>
    openTemperatureSensor(
      { sensor },
      {
        onReading: (celsius) => nodeClock.setTemperature(source, celsius, readMonoNs()),
        onFault: (fault) => faults.note(who, fault),
      },
    )
  const sensors = sources.flatMap(({ name, temperature }) =>
    temperature === undefined ? [] : [open(temperature, `source ${name}`, name)],
  )
  if (oscillator.temperature !== undefined) sensors.push(open(oscillator.temperature, 'oscillator', undefined))
  return {
    close: () => {
      for (const sensor of sensors) sensor.close()
    },
  }
}
