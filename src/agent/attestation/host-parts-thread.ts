import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { parentPort } from 'node:worker_threads'
import { baseboard, bios, chassis, networkInterfaces } from 'systeminformation'
import { assert } from '../../core/assert.ts'
import type { HostParts } from './host-parts.ts'

/**
 * The thread that asks the machine what it is made of. The library runs programs for that, and waits for them; where none may
 * be run, as under the unit's sandbox, what the kernel shows to everybody is read here.
 */

const DMI = '/sys/class/dmi/id'
const NETWORK = '/sys/class/net'

assert(parentPort !== null, 'this file is a thread, not a program')
const news: HostParts = { boards: await boards(), cards: await cards() }
parentPort.postMessage(news)

async function boards(): Promise<HostParts['boards']> {
  const board = await asked(baseboard)
  const firmware = await asked(bios)
  const box = await asked(chassis)
  return [
    {
      name: 'board',
      maker: board?.manufacturer || dmi('board_vendor'),
      model: board?.model || dmi('board_name'),
      version: board?.version || dmi('board_version'),
      serialNumber: board?.serial || dmi('board_serial'),
      firmware: [firmware?.vendor || dmi('bios_vendor'), firmware?.version || dmi('bios_version')].join(' '),
    },
    {
      name: 'chassis',
      maker: box?.manufacturer || dmi('chassis_vendor'),
      model: box?.model || dmi('product_name'),
      version: box?.version || dmi('chassis_version'),
      serialNumber: box?.serial || dmi('chassis_serial'),
      firmware: '',
    },
  ]
}

/** Those of real cards: what a container or a tunnel made says nothing of a machine. */
async function cards(): Promise<HostParts['cards']> {
  const told = (await asked(() => networkInterfaces())) ?? []
  const list = Array.isArray(told) ? told : [told]
  const names = new Set([
    ...list.filter(({ internal, virtual }) => !internal && !virtual).map(({ iface }) => iface),
    ...entries(NETWORK).filter((name) => linkOf(`${NETWORK}/${name}/device`) !== ''),
  ])
  return [...names].sort().map((name) => ({
    name,
    driver: basename(linkOf(`${NETWORK}/${name}/device/driver`)),
    address: list.find(({ iface }) => iface === name)?.mac || textOf(`${NETWORK}/${name}/address`),
    firmware: '',
  }))
}

async function asked<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch {
    return undefined
  }
}

function dmi(name: string): string {
  return textOf(`${DMI}/${name}`)
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function entries(path: string): readonly string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
