//! The options that a type or a function declares for its pools.

use syn::Expr;

/// What stands in `#[worker(…)]` on a type and in `#[task(…)]`.
#[derive(Default)]
pub(crate) struct Defaults {
    /// `mode = "…"`.
    pub(crate) mode: Option<Mode>,
    /// `max_workers = …`; a literal is known to be at least one.
    pub(crate) max_workers: Option<Expr>,
    /// `process`.
    pub(crate) process: bool,
}

/// Where a pool runs its workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Sync,
    Thread,
    Async,
    Process,
    Ray,
}

impl Mode {
    /// The name of the variant of the public `Mode`.
    pub(crate) fn variant(self) -> &'static str {
        match self {
            Self::Sync => "Sync",
            Self::Thread => "Thread",
            Self::Async => "Async",
            Self::Process => "Process",
            Self::Ray => "Ray",
        }
    }

    /// The mode of that name, in any of its spellings and in any case.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "sync" | "synchronous" => Some(Self::Sync),
            "thread" | "threads" => Some(Self::Thread),
            "async" | "asyncio" | "asynchronous" => Some(Self::Async),
            "process" | "processes" | "proc" | "procs" => Some(Self::Process),
            "ray" => Some(Self::Ray),
            _ => None,
        }
    }
}
