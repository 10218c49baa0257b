import { stringify as toToml } from 'smol-toml'
import { joinAddress } from '../src/config/address.ts'
import type { AppliancePlan, ClusterPlan } from './cluster-plan.ts'

/** The configuration of one appliance; paths in it are relative to its own folder, which can be moved as a whole. */
export function configurationText(plan: ClusterPlan, appliance: AppliancePlan): string {
  const kept = plan.attestation === undefined || appliance.tpm?.keys === 'plain' ? 'pem' : 'sealed'
  const table = {
    node: {
      name: appliance.name,
      genesis: 'genesis.cbor',
      signingKey: `keys/signing.${kept}`,
      tlsKey: `keys/tls.${kept}`,
      stateDirectory: 'state',
      controlSocket: 'state/control.sock',
    },
    cluster: {
      listen: clusterAddress(appliance),
      rangingListen: rangingAddress(appliance),
      peers: plan.appliances
        .filter(({ name }) => name !== appliance.name)
        .map((peer) => ({
          name: peer.name,
          address: clusterAddress(peer),
          rangingAddress: rangingAddress(peer),
        })),
    },
    oscillator: { class: appliance.oscillator },
    sources: appliance.sources,
    ...(plan.attestation === undefined ? {} : { attestation: attestationOf(appliance) }),
  }
  return `# Configuration of ${appliance.name} in cluster "${plan.cluster}". \`quorumtime check-config\` explains what it holds.\n${toToml(table)}`
}

/** Its enrolment lies where `enroll-appliance install` puts it. */
function attestationOf({ tpm }: AppliancePlan): object {
  const { device, swtpm, keys: _, ...others } = tpm ?? {}
  const place = swtpm === undefined ? { device: device ?? '/dev/tpmrm0' } : { swtpm }
  return {
    provider: 'tpm2',
    ...place,
    ...Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined)),
    enrolment: 'attestation/enrolment.cbor',
  }
}

function clusterAddress({ address, clusterPort }: AppliancePlan): string {
  return joinAddress({ host: address, port: clusterPort })
}

function rangingAddress({ address, rangingPort }: AppliancePlan): string {
  return joinAddress({ host: address, port: rangingPort })
}
