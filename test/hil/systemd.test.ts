import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Container } from './container.ts'
import { guideCommands, openAppliance, startNeighbourhood, tryInSandbox } from './systemd-fixture.ts'

/**
 * The unit under a real systemd: a Debian in a container, in which the commands of docs/operations.md install the service
 * and make a cluster of two. One appliance is the service in its sandbox, the other its peer without one.
 */
const opened = await openAppliance()
const skip = opened.ok ? false : opened.fault.message
after(async () => {
  if (opened.ok) await opened.value.stop()
})

/** The unit says 10 s; to sit through three times that teaches nothing more. */
const WATCHDOG_SECONDS = 4
/** For a machine that does other things beside. */
const PATIENCE_SECONDS = 90
const LOG = 'journalctl --unit=quorumtime --no-pager --output=cat'
const STATE = 'systemctl show quorumtime --property=ActiveState,SubState,NRestarts,Result,ExecMainStatus'
const MAIN = 'systemctl show quorumtime --property=MainPID --value'

function inContainer(name: string, run: (container: Container) => Promise<void>): void {
  test(name, { skip }, async () => {
    assert.ok(opened.ok)
    await run(opened.value)
  })
}

/** Narrows the log to what comes from here on. */
async function fromHere({ run }: Container): Promise<string> {
  const output = await run('journalctl --lines=0 --show-cursor --quiet')
  return `--after-cursor='${output.replace('-- cursor: ', '').trim()}'`
}

/** Both appliances have signed. */
async function waitForCertificates({ until }: Container, since: string): Promise<void> {
  await until(`${LOG} ${since}`, /^epoch \d+: 2 [^,]*signatures/m, PATIENCE_SECONDS)
}

inContainer('the commands of the guide install a unit that systemd finds nothing wrong with', async ({ run }) => {
  await run(guideCommands('The service'))
  assert.equal(await run('systemd-analyze verify /etc/systemd/system/quorumtime.service 2>&1'), '')
})

inContainer('the example of udev rules is one that udev reads', async ({ run }) => {
  const rules = '/etc/udev/rules.d/70-quorumtime.rules'
  const output = await run(`
    cp /usr/lib/quorumtime/systemd/udev.rules ${rules}
    udevadm test /sys/class/mem/null 2>&1
    rm ${rules}`)
  assert.match(output, new RegExp(`^Reading rules file: ${rules}$`, 'm'))
  assert.doesNotMatch(output, new RegExp(`^${rules}:`, 'm'))
})

inContainer('the commands of the guide make a cluster and start the service, which gets ready', async (container) => {
  const { run } = container
  await startNeighbourhood(container)
  await run(`
    mkdir /etc/systemd/system/quorumtime.service.d
    printf '[Service]\\nWatchdogSec=${WATCHDOG_SECONDS}\\n' > /etc/systemd/system/quorumtime.service.d/watchdog.conf
    systemctl daemon-reload
    sed -n 's|^#d /run/clockbound |d /run/clockbound |p' /usr/lib/tmpfiles.d/quorumtime.conf > /etc/tmpfiles.d/clockbound.conf
    systemd-tmpfiles --create clockbound.conf
    printf '[outputs.clockbound]\\npath = "/run/clockbound/shm0"\\n' >> /etc/quorumtime/config.toml`)
  await run(guideCommands('Start, look, stop'))
  assert.equal(await run('systemctl show quorumtime --property=Type --value'), 'notify\n')
  assert.equal(await run('systemctl is-active quorumtime'), 'active\n')
  // The sandbox lets it start the child that strips the types.
  assert.doesNotMatch(await run(LOG), /strips them itself/)
})

inContainer('serial lines, pulses, TLS, ranging and the journal work in the sandbox', async (container) => {
  await waitForCertificates(container, '')
  await container.until(
    'quorumtime status --config /etc/quorumtime/config.toml --json',
    /"served":\{"/,
    PATIENCE_SECONDS,
  )
  // The filter lets it ask the kernel how the clock is steered.
  await container.until(
    'quorumtime status --config /etc/quorumtime/config.toml --json',
    /"systemClock":\{[^}]*"synchronized":(?:true|false)/,
    PATIENCE_SECONDS,
  )
  await container.until('systemctl status quorumtime', /Status: "epoch \d+: 2 [^,]*signatures/, PATIENCE_SECONDS)
})

inContainer(
  'from the sandbox, programs of other users are told the window around the clock of the system',
  async (container) => {
    // Its last fields: the drift that readers add, ppb, and the status: free running, for nobody steers the clock here.
    const read = 'setpriv --reuid=65534 --clear-groups od --address-radix=n --format=d4 --skip-bytes=64 --read-bytes=8'
    await container.until(`${read} /run/clockbound/shm0`, /^\s*1000000\s+2$/m, PATIENCE_SECONDS)
  },
)

inContainer('the sandbox holds', async (container) => {
  const status = await container.run(`cat /proc/$(${MAIN})/status`)
  for (const line of [/^CapBnd:\t0+$/m, /^CapEff:\t0+$/m, /^NoNewPrivs:\t1$/m, /^Seccomp:\t2$/m])
    assert.match(status, line)
  assert.doesNotMatch(status, /^Uid:.*\b0\b/m)
  assert.deepEqual(await tryInSandbox(container), {
    writeConfiguration: 'EROFS',
    writeSystem: 'EROFS',
    writeState: 'undefined',
    runShell: 'EACCES',
    readHome: '0',
    readMemoryOfTheMachine: 'false',
  })
})

inContainer('the watchdog is fed, also while there is no quorum', async ({ run }) => {
  const main = await run(MAIN)
  await run(`systemctl stop peer; sleep ${3 * WATCHDOG_SECONDS + 1}`)
  assert.equal(await run(MAIN), main)
  assert.match(await run(STATE), /^NRestarts=0$/m)
})

inContainer('an agent that hangs is ended and started again', async ({ run, until }) => {
  await run('systemctl kill --signal=STOP --kill-whom=main quorumtime')
  await until(STATE, /^NRestarts=1$[\s\S]*^SubState=running$/m, PATIENCE_SECONDS)
  await until(LOG, /Watchdog timeout/, PATIENCE_SECONDS)
})

inContainer('an agent that is killed is started again, counts it, and signs on', async (container) => {
  const { run, until } = container
  await run('systemd-run --quiet --unit=peer /usr/bin/quorumtime agent --config /srv/rack-7/ts1/config.toml')
  const since = await fromHere(container)
  await run('systemctl kill --signal=KILL --kill-whom=main quorumtime')
  await until(STATE, /^NRestarts=2$[\s\S]*^SubState=running$/m, PATIENCE_SECONDS)
  await until(LOG, /start 3 under its key/, PATIENCE_SECONDS)
  await waitForCertificates(container, since)
})

inContainer('an agent that is stopped ends in order', async ({ run, until }) => {
  await run('systemctl stop quorumtime')
  assert.match(await run(STATE), /^Result=success$[\s\S]*^ExecMainStatus=0$[\s\S]*^ActiveState=inactive$/m)
  await until(LOG, /^stopped: SIGTERM$/m, PATIENCE_SECONDS)
})

inContainer('a wrong configuration is told in a sentence, and not tried for ever', async (container) => {
  const { run, tryRun, until } = container
  const since = await fromHere(container)
  // The starts of the tests before do not count.
  await run(`
    sed --in-place '1i colour = "red"' /etc/quorumtime/config.toml
    systemctl reset-failed quorumtime || true`)
  assert.notEqual((await tryRun('systemctl start quorumtime')).exitCode, 0)
  await until(`${LOG} ${since}`, /Start request repeated too quickly/, 150)
  const log = await run(`${LOG} ${since}`)
  const sentences = log.match(/^quorumtime: .*$/gm) ?? []
  assert.equal(sentences.length, 5, log)
  for (const sentence of sentences)
    assert.match(sentence, /^quorumtime: \/etc\/quorumtime\/config\.toml: colour: expected /)
  assert.match(await run(STATE), /^ActiveState=failed$/m)
})

inContainer('what was mended starts again', async (container) => {
  const since = await fromHere(container)
  await container.run(`
    sed --in-place '/^colour/d' /etc/quorumtime/config.toml
    systemctl reset-failed quorumtime
    systemctl start quorumtime`)
  await waitForCertificates(container, since)
})

inContainer(
  'keys that systemd-creds has encrypted are given to the service, and no others are there',
  async (container) => {
    const since = await fromHere(container)
    // With a key of the host: a container has no TPM.
    await container.run(`
    cd /etc/quorumtime/keys
    mkdir -m 0700 -p /etc/credstore.encrypted
    for key in signing tls; do
      systemd-creds encrypt --with-key=host --name=$key $key.pem /etc/credstore.encrypted/quorumtime.$key
      rm $key.pem
    done
    sed --in-place 's|^signingKey = .*|signingKey = "credential:signing"|; s|^tlsKey = .*|tlsKey = "credential:tls"|' ../config.toml
    systemctl reset-failed quorumtime || true
    systemctl restart quorumtime`)
    await waitForCertificates(container, since)
    const log = await container.run(`${LOG} ${since}`)
    assert.match(
      log,
      /^signing key given by systemd \(credential:signing\), TLS key given by systemd \(credential:tls\)$/m,
    )
    assert.equal(await container.run('ls /etc/quorumtime/keys'), '')
  },
)

inContainer('no other process of its user looks into the memory of the service', async ({ run, tryRun }) => {
  const main = (await run(MAIN)).trim()
  const asItsUser = (words: string) => tryRun(`setpriv --reuid=quorumtime --regid=quorumtime --init-groups ${words}`)
  assert.equal((await asItsUser(`cat /proc/${main}/status`)).exitCode, 0)
  for (const file of ['mem', 'environ', 'maps']) {
    assert.notEqual((await asItsUser(`head --bytes=1 /proc/${main}/${file}`)).exitCode, 0, file)
  }
})
