//! A value that crosses to each process once, however many calls it is an argument of.
//!
//! It is encoded once, into memory that has a name for other processes: on Linux a memory file that
//! is reached by the number of this process, elsewhere a file in the temporary directory. An argument
//! then carries the name only. A process maps the memory and decodes the value when it first meets
//! it, and keeps what it has met last.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use super::codec;
use crate::sync::lock;

/// How many values a process keeps that others have sent it.
const KEPT: usize = 32;

/// A value that many calls share: as an argument it crosses to a process once, and not per call.
///
/// In the modes of this process it is an [`Arc`], and costs nothing more.
///
/// ```
/// use concurry_core::Shared;
///
/// let table = Shared::new(vec![1_u64, 2, 3])?;
/// let again = table.clone();
/// assert_eq!(again.iter().sum::<u64>(), 6);
/// # Ok::<(), concurry_core::ShareError>(())
/// ```
pub struct Shared<T> {
    inner: Arc<Inner<T>>,
}

struct Inner<T> {
    value: T,
    /// Where other processes find it: made when it first leaves this one.
    place: OnceLock<Result<Place, String>>,
}

/// Why a value can't be shared.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{type_name}` can't be shared: {message}")]
pub struct ShareError {
    type_name: &'static str,
    message: String,
}

/// Memory that other processes can open.
#[derive(Debug)]
struct Place {
    name: Name,
    /// Open as long as the value lives.
    _file: std::fs::File,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Name {
    path: PathBuf,
    /// Tells values apart whose memory had the same name.
    number: (u32, u64),
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Shared<T> {
    /// Shares a value. It is checked here that it can be encoded; that is done once more, and kept,
    /// when the value first leaves this process.
    ///
    /// # Errors
    ///
    /// What its serialisation says.
    pub fn new(value: T) -> Result<Self, ShareError> {
        codec::write_to(&value, &mut std::io::sink()).map_err(|failure| ShareError {
            type_name: std::any::type_name::<T>(),
            message: failure.0,
        })?;
        Ok(Self { inner: Arc::new(Inner { value, place: OnceLock::new() }) })
    }

    fn place(&self) -> Result<&Place, String> {
        let place = self.inner.place.get_or_init(|| {
            let written = Place::of(&self.inner.value);
            written.map_err(|error| format!("the memory for it can't be had: {error}"))
        });
        place.as_ref().map_err(Clone::clone)
    }
}

impl Place {
    fn of<T: Serialize>(value: &T) -> std::io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        // Relaxed: only has to differ.
        let number = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let (path, file) = Self::file(number)?;
        let mut writer = std::io::BufWriter::new(&file);
        let written = codec::write_to(value, &mut writer);
        written.map_err(|failure| std::io::Error::other(failure.0))?;
        std::io::Write::flush(&mut writer)?;
        drop(writer);
        Ok(Self { name: Name { path, number }, _file: file })
    }

    #[cfg(target_os = "linux")]
    fn file(number: (u32, u64)) -> std::io::Result<(PathBuf, std::fs::File)> {
        use std::os::fd::AsRawFd;

        let flags = rustix::fs::MemfdFlags::CLOEXEC;
        let file = std::fs::File::from(rustix::fs::memfd_create("concurry-shared", flags)?);
        let path = format!("/proc/{}/fd/{}", number.0, file.as_raw_fd());
        Ok((path.into(), file))
    }

    #[cfg(not(target_os = "linux"))]
    fn file(number: (u32, u64)) -> std::io::Result<(PathBuf, std::fs::File)> {
        let name = format!("concurry-shared-{}-{}", number.0, number.1);
        let path = std::env::temp_dir().join(name);
        let options = std::fs::File::options().write(true).read(true).create_new(true).clone();
        let file = options.open(&path)?;
        Ok((path, file))
    }
}

#[cfg(not(target_os = "linux"))]
impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.name.path);
    }
}

/// What other processes have sent this one.
struct Met {
    name: Name,
    value: Arc<dyn std::any::Any + Send + Sync>,
}

fn met() -> &'static Mutex<VecDeque<Met>> {
    static MET: OnceLock<Mutex<VecDeque<Met>>> = OnceLock::new();
    MET.get_or_init(Mutex::default)
}

impl<T: DeserializeOwned + Send + Sync + 'static> Shared<T> {
    fn meet(name: Name) -> Result<Self, String> {
        if let Some(inner) = Self::known(&name)? {
            return Ok(Self { inner });
        }
        // Not under the lock: a value may hold others that are shared.
        let inner = Arc::new(Inner { value: read(&name.path)?, place: OnceLock::new() });
        let value: Arc<dyn std::any::Any + Send + Sync> = Arc::<Inner<T>>::clone(&inner);
        let mut known = lock(met());
        let oldest = if known.len() == KEPT { known.pop_front() } else { None };
        known.push_back(Met { name, value });
        drop(known);
        drop(oldest);
        Ok(Self { inner })
    }

    /// A value that was met before. It counts as met last.
    fn known(name: &Name) -> Result<Option<Arc<Inner<T>>>, String> {
        let mut known = lock(met());
        let place = known.iter().position(|known| known.name == *name);
        let Some(found) = place.and_then(|place| known.remove(place)) else { return Ok(None) };
        let value = Arc::clone(&found.value);
        known.push_back(found);
        drop(known);
        value.downcast().map(Some).map_err(|_| "it is of another type".to_owned())
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    codec::read_from(std::io::BufReader::with_capacity(1 << 20, file)).map_err(|failure| failure.0)
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let place = self.place().map_err(serde::ser::Error::custom)?;
        place.name.serialize(serializer)
    }
}

impl<'de, T: DeserializeOwned + Send + Sync + 'static> Deserialize<'de> for Shared<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Name::deserialize(deserializer)?;
        Self::meet(name).map_err(serde::de::Error::custom)
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner.value
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shared").field(&self.inner.value).finish()
    }
}
