//! Why a program can't have workers on a cluster.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::protocol::Refusal;

/// Why a program can't have workers on a cluster, and what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RayError {
    /// There is no Python.
    #[error(
        "`{}` can't be started: {source}; install Python with Ray (`pip install ray`), and name it \
         with `RayOptions::python` or in CONCURRY_RAY_PYTHON",
        python.display()
    )]
    NoPython {
        /// What was started.
        python: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Python or Ray is missing or too old.
    #[error(
        "{text}; install it (`{} -m pip install ray`, in the version of the cluster), or name \
         another Python with `RayOptions::python` or in CONCURRY_RAY_PYTHON",
        python.display()
    )]
    NoRay {
        /// The Python that was started.
        python: PathBuf,
        /// What it said.
        text: String,
    },
    /// There is no cluster at the address.
    #[error(
        "no Ray cluster: {text}; start one (`ray start --head`), or correct `RayOptions::address`"
    )]
    NoCluster {
        /// What was found.
        text: String,
    },
    /// The gateway to the cluster can't work.
    #[error("the gateway to the Ray cluster (`{}`) failed: {text}", python.display())]
    Gateway {
        /// The Python that ran it.
        python: PathBuf,
        /// What happened.
        text: String,
    },
    /// The cluster does not take the program or the options of its workers.
    #[error("{text}")]
    Refused {
        /// What it said.
        text: String,
    },
    /// The system refused a thread or a socket.
    #[error("the operating system refused a thread or a socket: {0}")]
    System(io::Error),
}

impl RayError {
    pub(crate) fn refused(refusal: Refusal, python: &Path) -> Self {
        let (python, text) = (python.to_owned(), refusal.text);
        match refusal.code.as_str() {
            "python" | "ray" | "ray-version" => Self::NoRay { python, text },
            "cluster" => Self::NoCluster { text },
            "protocol" => Self::Gateway { python, text },
            _ => Self::Refused { text },
        }
    }
}
