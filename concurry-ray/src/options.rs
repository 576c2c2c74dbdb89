//! What a pool on a Ray cluster can be told.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};

/// How a pool runs on a Ray cluster, given with [`.ray(…)`](crate::RayWorkerOptions::ray).
///
/// Without it a pool in Ray mode joins the cluster that runs on this machine, and each worker takes
/// one CPU.
///
/// ```
/// use concurry_ray::{Placement, RayOptions};
///
/// let options = RayOptions::new()
///     .address("auto")
///     .num_cpus(0.5)
///     .num_gpus(0.25)
///     .resource("license", 1.0)
///     .placement(Placement::Spread)
///     .env("RUST_LOG", "info")
///     .max_restarts(3);
/// assert!(format!("{options:?}").contains("license"));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "options do nothing until they are given to a pool"]
pub struct RayOptions {
    pub(crate) cluster: ClusterOptions,
    pub(crate) num_cpus: f64,
    pub(crate) num_gpus: f64,
    pub(crate) memory: u64,
    pub(crate) resources: BTreeMap<String, f64>,
    pub(crate) placement: Placement,
    pub(crate) max_restarts: Option<u32>,
    pub(crate) concurrency: Option<usize>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) files: BTreeMap<String, PathBuf>,
    pub(crate) forward_logs: bool,
    pub(crate) start_timeout: Duration,
    pub(crate) silence_timeout: Duration,
}

/// Which cluster, and how to reach it. Pools that agree in all of it share one gateway.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClusterOptions {
    pub(crate) address: String,
    pub(crate) namespace: Option<String>,
    pub(crate) python: Option<PathBuf>,
    /// The CPUs of a cluster that is started for this program.
    pub(crate) local_cpus: Option<u32>,
}

/// On which nodes the cluster puts workers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Placement {
    /// Where Ray likes: it fills nodes up to a half, then takes the least loaded.
    #[default]
    Default,
    /// Over the nodes, as evenly as their resources allow.
    Spread,
    /// On the node with this id, as `ray list nodes` shows it, or nowhere.
    Node(String),
    /// On nodes that have these labels, as Ray's label selectors say it: `"zone": "in(a, b)"`.
    Labels(BTreeMap<String, String>),
}

impl RayOptions {
    /// The cluster of this machine, one CPU a worker.
    pub fn new() -> Self {
        Self {
            cluster: ClusterOptions {
                address: "auto".to_owned(),
                namespace: None,
                python: None,
                local_cpus: None,
            },
            num_cpus: 1.0,
            num_gpus: 0.0,
            memory: 0,
            resources: BTreeMap::new(),
            placement: Placement::Default,
            max_restarts: None,
            concurrency: None,
            environment: BTreeMap::new(),
            files: BTreeMap::new(),
            forward_logs: true,
            start_timeout: Duration::from_secs(20),
            silence_timeout: Duration::from_secs(30),
        }
    }

    /// The cluster: `"auto"` for the one that runs on this machine (or that `RAY_ADDRESS` names),
    /// `"host:port"` of its head, `"ray://host:port"` of its client server, or `"local"` to start one
    /// that ends with this program. `"auto"` unless set.
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.cluster.address = address.into();
        self
    }

    /// A cluster on this machine, started now and ended with the last pool that uses it. It pretends
    /// to have so many CPUs.
    pub fn local(mut self, cpus: u32) -> Self {
        self.cluster.address = "local".to_owned();
        self.cluster.local_cpus = Some(cpus);
        self
    }

    /// The namespace of the actors' names. One of its own for each program unless set.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.cluster.namespace = Some(namespace.into());
        self
    }

    /// The Python that has Ray. Unless set: the variable `CONCURRY_RAY_PYTHON`, else the active
    /// virtual environment, else `python3` on the path.
    pub fn python(mut self, executable: impl Into<PathBuf>) -> Self {
        self.cluster.python = Some(executable.into());
        self
    }

    /// CPUs of a worker, also parts of one. 1 unless set.
    pub fn num_cpus(mut self, cpus: f64) -> Self {
        self.num_cpus = cpus;
        self
    }

    /// GPUs of a worker, also parts of one. None unless set.
    pub fn num_gpus(mut self, gpus: f64) -> Self {
        self.num_gpus = gpus;
        self
    }

    /// Bytes of memory that the cluster sets aside for a worker. None unless set.
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = bytes;
        self
    }

    /// So much of a resource that the cluster's nodes were started with.
    pub fn resource(mut self, name: impl Into<String>, amount: f64) -> Self {
        self.resources.insert(name.into(), amount);
        self
    }

    /// On which nodes workers are put.
    pub fn placement(mut self, placement: Placement) -> Self {
        self.placement = placement;
        self
    }

    /// How often a worker that died is replaced, after which it is given up. Without end unless set;
    /// how long a replacement waits is the pool's [`RestartPolicy`](concurry_core::RestartPolicy).
    pub fn max_restarts(mut self, restarts: u32) -> Self {
        self.max_restarts = Some(restarts);
        self
    }

    /// How many calls of async methods overlap on one worker, instead of the pool's `concurrency`.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = Some(calls);
        self
    }

    /// A variable in the environment of the workers.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// A file that is shipped with the program. The worker finds it under `name` in its working
    /// directory, on whichever node that is.
    pub fn file(mut self, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.files.insert(name.into(), path.into());
        self
    }

    /// Whether what workers print comes out on this program's standard error, each line with the name
    /// of its worker in front. On unless set. Off, it is only in Ray's own logs.
    pub fn forward_logs(mut self, forward: bool) -> Self {
        self.forward_logs = forward;
        self
    }

    /// How long `init` waits for the cluster to have room for a worker before it says what is
    /// missing. 20 seconds unless set.
    pub fn start_timeout(mut self, timeout: Duration) -> Self {
        self.start_timeout = timeout;
        self
    }

    /// How long a node may be silent while it has calls before its workers count as dead. 30 seconds
    /// unless set.
    pub fn silence_timeout(mut self, timeout: Duration) -> Self {
        self.silence_timeout = timeout;
        self
    }

    /// What is not legal, in words with the remedy.
    pub(crate) fn check(&self) -> Result<(), String> {
        let amounts = [("num_cpus", self.num_cpus), ("num_gpus", self.num_gpus)];
        let custom = self.resources.iter().map(|(name, amount)| (name.as_str(), *amount));
        for (name, amount) in amounts.into_iter().chain(custom) {
            if !(amount.is_finite() && amount >= 0.0) {
                return Err(format!("{name} is {amount}, but has to be a number from 0 up"));
            }
            if amount > 1.0 && amount.fract() != 0.0 {
                return Err(format!(
                    "{name} is {amount}, but above 1 Ray has whole numbers only: round it"
                ));
            }
        }
        for name in ["CPU", "GPU", "memory"] {
            if self.resources.contains_key(name) {
                return Err(format!(
                    "`{name}` is no custom resource: use `num_cpus`, `num_gpus` or `memory`"
                ));
            }
        }
        if self.concurrency == Some(0) {
            return Err("concurrency is 0, but has to be at least 1".to_owned());
        }
        for (name, timeout) in
            [("start_timeout", self.start_timeout), ("silence_timeout", self.silence_timeout)]
        {
            if timeout.is_zero() {
                return Err(format!("{name} is zero, but has to be longer"));
            }
        }
        for name in self.files.keys() {
            let parts: Vec<_> = name.split('/').collect();
            if parts.iter().any(|part| part.is_empty() || *part == "." || *part == "..") {
                return Err(format!(
                    "`{name}` is no name of a shipped file: it has to be a relative path without `..`"
                ));
            }
        }
        self.cluster.check()
    }

    /// As Ray takes the options of an actor.
    pub(crate) fn actor(&self) -> Map<String, Value> {
        let mut actor = Map::new();
        actor.insert("num_cpus".into(), self.num_cpus.into());
        actor.insert("num_gpus".into(), self.num_gpus.into());
        if self.memory > 0 {
            actor.insert("memory".into(), self.memory.into());
        }
        if !self.resources.is_empty() {
            let resources = self.resources.iter();
            let resources: Map<_, _> =
                resources.map(|(name, amount)| (name.clone(), (*amount).into())).collect();
            actor.insert("resources".into(), resources.into());
        }
        match &self.placement {
            Placement::Default => {}
            Placement::Spread => {
                actor.insert("scheduling_strategy".into(), "SPREAD".into());
            }
            Placement::Node(node) => {
                actor.insert("scheduling_strategy".into(), serde_json::json!({ "node": node }));
            }
            Placement::Labels(labels) => {
                actor.insert("label_selector".into(), serde_json::json!(labels));
            }
        }
        actor
    }

    /// What a worker needs of a node, by Ray's names.
    pub(crate) fn needs(&self) -> BTreeMap<&str, f64> {
        let named =
            [("CPU", self.num_cpus), ("GPU", self.num_gpus), ("memory", self.memory as f64)];
        let custom = self.resources.iter().map(|(name, amount)| (name.as_str(), *amount));
        named.into_iter().chain(custom).filter(|(_, amount)| *amount > 0.0).collect()
    }
}

impl ClusterOptions {
    fn check(&self) -> Result<(), String> {
        let address = &*self.address;
        if address == "auto" || address == "local" {
            return Ok(());
        }
        let host_and_port = address.strip_prefix("ray://").unwrap_or(address);
        match host_and_port.rsplit_once(':') {
            Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(()),
            _ => Err(format!(
                "`{address}` is no address of a cluster: use `auto`, `local`, `host:port` or \
                 `ray://host:port`"
            )),
        }
    }
}

impl Default for RayOptions {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(options: RayOptions) -> String {
        options.check().unwrap_err()
    }

    #[test]
    fn the_defaults_are_legal() {
        assert_eq!(RayOptions::new().check(), Ok(()));
        for address in ["auto", "local", "10.0.0.1:6379", "ray://head:10001", "[::1]:6379"] {
            assert_eq!(RayOptions::new().address(address).check(), Ok(()));
        }
    }

    #[test]
    fn what_no_cluster_could_do_is_named() {
        assert!(problem(RayOptions::new().num_cpus(f64::NAN)).contains("num_cpus is NaN"));
        assert!(problem(RayOptions::new().num_gpus(1.5)).contains("whole numbers"));
        assert!(problem(RayOptions::new().resource("GPU", 1.0)).contains("num_gpus"));
        assert!(problem(RayOptions::new().address("head")).contains("`head`"));
        assert!(problem(RayOptions::new().address("ray://:1")).contains("ray://"));
        assert!(problem(RayOptions::new().file("../x", "x")).contains("../x"));
        assert!(problem(RayOptions::new().start_timeout(Duration::ZERO)).contains("start_timeout"));
    }

    #[test]
    fn options_become_those_of_an_actor() {
        let options = RayOptions::new().num_cpus(0.5).resource("license", 2.0).memory(7);
        let options = options.placement(Placement::Node("abc".into()));
        let expected = serde_json::json!({
            "num_cpus": 0.5, "num_gpus": 0.0, "memory": 7, "resources": {"license": 2.0},
            "scheduling_strategy": {"node": "abc"},
        });
        assert_eq!(Value::from(options.actor()), expected);
        let needs = options.needs();
        assert_eq!(
            needs.into_iter().collect::<Vec<_>>(),
            [("CPU", 0.5), ("license", 2.0), ("memory", 7.0)]
        );
    }
}
