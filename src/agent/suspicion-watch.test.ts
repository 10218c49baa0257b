import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BehaviourState, MemberRecord } from '../consensus/behaviour/behaviour-state.ts'
import type { Suspect } from '../consensus/behaviour/suspicion.ts'
import { createSuspicionWatch, type SuspicionWatch } from './suspicion-watch.ts'

const RECORD: MemberRecord = { tightestNs: undefined, inflated: 0, twoFaced: false, links: [] }

function behaviour(suspects: readonly Suspect[], ...groups: readonly (readonly number[])[]): BehaviourState {
  return {
    members: [RECORD, RECORD, RECORD, RECORD],
    suspects,
    inconsistencies: groups,
  }
}

function setUp(): { watch: SuspicionWatch; heard: string[] } {
  const heard: string[] = []
  const watch = createSuspicionWatch(
    (member) => `ts${member}`,
    (event) => {
      if (event.type === 'alarm') heard.push(`${event.code}: ${event.message}`)
    },
  )
  return { watch, heard }
}

const BIASED: Suspect = { member: 2, kind: 'bias' }

test('a suspicion is told when it begins and when it ends, not in between', () => {
  const { watch, heard } = setUp()
  watch.follow(1, behaviour([]))
  for (let height = 2; height < 100; height++) watch.follow(height, behaviour([BIASED]))
  watch.follow(100, behaviour([]))
  watch.follow(101, behaviour([]))
  assert.deepEqual(heard, [
    'behaviour.bias: ts2 is suspected of bias: its clock, or the way to it, moved farther than its bounds allow',
    'behaviour.bias-ended: ts2: bias is over',
  ])
})

test('what flickers is told once a minute, and how it ended up in any case', () => {
  const { watch, heard } = setUp()
  for (let height = 1; height <= 200; height++) watch.follow(height, behaviour(height % 2 === 1 ? [BIASED] : []))
  assert.ok(heard.length <= 4, heard.join('\n'))
  for (let height = 201; height <= 300; height++) watch.follow(height, behaviour([]))
  assert.match(heard.at(-1) ?? '', /bias is over/)
})

test('kinds and members are told apart', () => {
  const { watch, heard } = setUp()
  watch.follow(1, behaviour([BIASED, { member: 2, kind: 'delay' }, { member: 3, kind: 'bias' }]))
  assert.deepEqual(heard.map((message) => message.slice(0, 22)).sort(), [
    'behaviour.bias: ts2 is',
    'behaviour.bias: ts3 is',
    'behaviour.delay: ts2 i',
  ])
})

test('contradictions that name nobody are told with everybody who takes part', () => {
  const { watch, heard } = setUp()
  watch.follow(1, behaviour([], [0, 3], [0, 1, 3]))
  watch.follow(90, behaviour([]))
  assert.match(heard[0] ?? '', /^behaviour\.inconsistent: the ranging of ts0 \+ ts3, ts0 \+ ts1 \+ ts3 contradicts/)
  assert.equal(heard.length, 2)
})

test('what stands is what the newest decision says, by name', () => {
  const { watch } = setUp()
  assert.deepEqual(watch.standing(), { suspects: [], inconsistencies: [] })
  watch.follow(1, behaviour([BIASED], [0, 3]))
  assert.deepEqual(watch.standing(), {
    suspects: [{ member: 'ts2', kind: 'bias' }],
    inconsistencies: [['ts0', 'ts3']],
  })
})
