//! Workers on their way into the cluster.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Instant;

use concurry_core::remote::{BuiltFailure, WORKER_VARIABLE, greeting_with_table, table_length};

use super::Pump;
use super::end::End;
use super::worker::Stage;
use crate::cluster::{Gateway, Letter, spawn};
use crate::options::RayOptions;
use crate::protocol::{Order, Refusal, Resources, Start, Started, hex};

/// How many calls a worker can note: more than are ever ahead of it.
pub(crate) const SLOTS: u32 = 16_384;

impl Pump {
    /// Gets a gateway, on a thread of its own: it takes a second, and may hang.
    pub(super) fn connect(&mut self) {
        if std::mem::replace(&mut self.connecting, true) {
            return;
        }
        let (cluster, mailbox) = (self.options.cluster.clone(), Arc::clone(&self.mailbox));
        let connect = move || mailbox.post(Letter::Gateway(Gateway::to(&cluster)));
        if let Err(error) = spawn("ray-connect", connect) {
            self.mailbox.post(Letter::Gateway(Err(error)));
        }
    }

    /// Starts the workers that waited for the gateway.
    pub(super) fn start_absent(&mut self) {
        for index in 0..self.workers.len() {
            if matches!(self.workers[index].stage, Stage::Absent) {
                self.start(index);
            }
        }
    }

    /// Asks the cluster for a worker.
    pub(super) fn start(&mut self, index: usize) {
        let (Some(gateway), Some(program)) = (self.gateway.clone(), &self.program) else {
            self.workers[index].stage = Stage::Absent;
            self.connect();
            return;
        };
        let link = gateway.next_link();
        let secret = secret();
        let secret_text = hex(&secret);
        let name = self.pool.worker_name();
        let mut environment: BTreeMap<&str, &str> = self
            .options
            .environment
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        environment.insert(WORKER_VARIABLE, &secret_text);
        let worker = &mut self.workers[index];
        let before = std::mem::take(&mut worker.actor_of);
        worker.restart(link, &secret, self.overlapping, Instant::now());
        let mut actor = self.options.actor();
        // Names are taken for as long as the last actor of the name dies.
        actor.insert("name".into(), format!("{name}-{index}-{}-{link}", self.tag).into());
        if let Some(namespace) = &self.options.cluster.namespace {
            actor.insert("namespace".into(), namespace.clone().into());
        }
        let order = Start {
            title: format!("{name}-{index}"),
            class: name,
            actor,
            labels: BTreeMap::from([
                ("concurry-worker", name.to_owned()),
                ("concurry-pool", self.tag.clone()),
                ("concurry-index", index.to_string()),
            ]),
            program,
            arguments: &[],
            environment,
            machine: machine(),
            logs: self.options.forward_logs,
            greeting: hex(&greeting_with_table(secret)),
            table: table_length(SLOTS),
            memory: worker.exchanges.memory(),
            instead_of: before,
        };
        if let Err(text) = gateway.attach(link, before, &self.mailbox) {
            return self.died(index, End::of_gateway(&text));
        }
        self.links.insert(link, index);
        gateway.tell(Order::Start, link, &order);
    }

    /// There will be no worker at all, for a reason that is the same for all of them.
    pub(super) fn none_can_start(&mut self, text: &str) {
        for index in 0..self.workers.len() {
            if !matches!(self.workers[index].stage, Stage::Absent) {
                continue;
            }
            if self.workers[index].was_built {
                self.start_failed(index, text);
            } else {
                (self.report)(index, Err(BuiltFailure::Gone(text.to_owned())));
                self.ended(index);
            }
        }
    }

    /// The cluster has had no room for a worker in the time that it was given.
    pub(super) fn no_room(&mut self, index: usize, resources: &Resources) {
        if !matches!(self.workers[index].stage, Stage::Starting { .. }) {
            return; // it has found some meanwhile
        }
        let text = missing(&self.options, resources);
        self.died(index, End::of_actor(Refusal { code: "no room".into(), text }));
    }
}

/// What a cluster lacks for a worker.
fn missing(options: &RayOptions, resources: &Resources) -> String {
    let waited = options.start_timeout;
    let mut lacks = Vec::new();
    for (name, needs) in options.needs() {
        let largest = resources
            .nodes
            .iter()
            .filter_map(|node| node.get(name))
            .fold(0.0, |a, b| f64::max(a, *b));
        let free = resources.available.get(name).copied().unwrap_or_default();
        if largest < needs {
            lacks.push(format!("{needs} {name}, of which no node has more than {largest}"));
        } else if free < needs {
            lacks.push(format!("{needs} {name}, of which {free} are free in the whole cluster"));
        }
    }
    if lacks.is_empty() {
        let all: Vec<_> =
            options.needs().iter().map(|(name, needs)| format!("{needs} {name}")).collect();
        lacks.push(format!("{} together on one node that fits its placement", all.join(" and ")));
    }
    format!(
        "the cluster had no room for it in {waited:?}: it needs {}; free some, ask for less, or allow \
         more time with `RayOptions::start_timeout`",
        lacks.join(", and ")
    )
}

/// What this program runs on, as the nodes call it.
fn machine() -> String {
    let system = match std::env::consts::OS {
        "linux" => "Linux",
        "macos" => "Darwin",
        other => other,
    };
    format!("{system} {}", std::env::consts::ARCH)
}

/// What stands before each line that a worker prints.
pub(crate) fn log_prefix(name: &str, index: usize, started: &Started) -> String {
    format!("({name}-{index} pid={} node={:.8}) ", started.process, started.node)
}

/// Tells the actors of one pool from those of others.
pub(crate) fn tag() -> String {
    format!("{:08x}", RandomState::new().hash_one(std::process::id()) as u32)
}

/// Between two processes of one user, against mistakes: the keys of hash maps are random.
fn secret() -> [u8; 16] {
    let halves = [RandomState::new().hash_one(0_u8), RandomState::new().hash_one(1_u8)];
    let mut secret = [0; 16];
    for (bytes, half) in secret.chunks_mut(8).zip(halves) {
        bytes.copy_from_slice(&half.to_ne_bytes());
    }
    secret
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resources(available: f64, nodes: &[f64]) -> Resources {
        let of =
            |amount: f64| BTreeMap::from([("GPU".to_owned(), amount), ("CPU".to_owned(), 9.0)]);
        Resources { available: of(available), nodes: nodes.iter().map(|node| of(*node)).collect() }
    }

    #[test]
    fn what_is_missing_is_named() {
        let options = RayOptions::new().num_gpus(2.0);
        let text = missing(&options, &resources(3.0, &[1.0, 0.0, 2.0]));
        assert!(text.contains("2 GPU") && text.contains("together on one node"), "{text}");
        let text = missing(&options, &resources(1.0, &[2.0]));
        assert!(text.contains("2 GPU, of which 1 are free"), "{text}");
        let text = missing(&options, &resources(3.0, &[1.0, 1.0]));
        assert!(text.contains("2 GPU, of which no node has more than 1"), "{text}");
        assert!(text.contains("20s"), "{text}");
    }

    #[test]
    fn greetings_are_written_as_hexadecimal_digits() {
        assert_eq!(hex(&[0, 15, 255]), "000fff");
        assert_ne!(secret(), secret());
    }
}
