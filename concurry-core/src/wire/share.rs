//! A value that crosses to each process once, however many calls it is an argument of.
//!
//! It is encoded once, into memory that has a name for other processes: on Linux a memory file that
//! is reached by the number of this process, elsewhere a file in the temporary directory. An argument
//! then carries the name only. A process on this machine maps the memory and decodes the value when it
//! first meets it, and keeps what it has met last. Workers on other machines can't open it: there the
//! backend brings the encoded value before the first call that names it (`deliveries.rs`). What a
//! worker gives back goes as a whole, since nobody could open its memory once it has ended.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::Waker;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use super::deliveries::delivered;
use super::{codec, leaving};
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
    place: OnceLock<Result<Arc<Place>, String>>,
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
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    /// Tells values apart whose memory had the same name.
    pub(crate) number: u64,
    pub(crate) length: u64,
    /// The values that this one is made of and that are shared themselves.
    pub(crate) inner: Vec<Arc<Place>>,
    /// Who wants to know when the value is gone.
    pub(crate) watchers: Mutex<Vec<Waker>>,
    /// Open as long as the value lives.
    _file: std::fs::File,
}

/// A value, as an argument carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Name {
    number: u64,
    reach: Reach,
}

/// How to come by a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Reach {
    /// By opening this file.
    At(PathBuf),
    /// It was brought before.
    Delivered,
    /// Here it is.
    Whole(#[serde(with = "super::message::bytes")] Vec<u8>),
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

    fn place(&self) -> Result<&Arc<Place>, String> {
        let place = self.inner.place.get_or_init(|| {
            let written = Place::of(&self.inner.value);
            written
                .map(Arc::new)
                .map_err(|error| format!("the memory for it can't be had: {error}"))
        });
        place.as_ref().map_err(Clone::clone)
    }

    fn name(&self) -> Result<Name, String> {
        if leaving::is_whole() {
            let mut bytes = Vec::new();
            codec::write(&self.inner.value, &mut bytes).map_err(|failure| failure.0)?;
            return Ok(Name { number: 0, reach: Reach::Whole(bytes) });
        }
        let place = self.place()?;
        let reach = match leaving::note(place) {
            true => Reach::Delivered,
            false => Reach::At(place.path.clone()),
        };
        Ok(Name { number: place.number, reach })
    }
}

impl Place {
    fn of<T: Serialize>(value: &T) -> std::io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        // Relaxed: only has to differ.
        let count = NEXT.fetch_add(1, Ordering::Relaxed);
        let number = u64::from(std::process::id()) << 32 | u64::from(count);
        let (path, file) = Self::file(number)?;
        let mut writer = std::io::BufWriter::new(&file);
        let (written, inner) = leaving::by_name(|| codec::write_to(value, &mut writer));
        written.map_err(|failure| std::io::Error::other(failure.0))?;
        std::io::Write::flush(&mut writer)?;
        drop(writer);
        let length = file.metadata()?.len();
        Ok(Self { path, number, length, inner, watchers: Mutex::default(), _file: file })
    }

    #[cfg(target_os = "linux")]
    fn file(_: u64) -> std::io::Result<(PathBuf, std::fs::File)> {
        use std::os::fd::AsRawFd;

        let flags = rustix::fs::MemfdFlags::CLOEXEC;
        let file = std::fs::File::from(rustix::fs::memfd_create("concurry-shared", flags)?);
        let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
        Ok((path.into(), file))
    }

    #[cfg(not(target_os = "linux"))]
    fn file(number: u64) -> std::io::Result<(PathBuf, std::fs::File)> {
        let name = format!("concurry-shared-{number:016x}");
        let path = std::env::temp_dir().join(name);
        let options = std::fs::File::options().write(true).read(true).create_new(true).clone();
        let file = options.open(&path)?;
        Ok((path, file))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        #[cfg(not(target_os = "linux"))]
        let _ = std::fs::remove_file(&self.path);
        let watchers = std::mem::take(&mut *lock(&self.watchers));
        watchers.into_iter().for_each(Waker::wake);
    }
}

/// What other processes have sent this one.
struct Met {
    number: u64,
    value: Arc<dyn std::any::Any + Send + Sync>,
}

fn met() -> &'static Mutex<VecDeque<Met>> {
    static MET: OnceLock<Mutex<VecDeque<Met>>> = OnceLock::new();
    MET.get_or_init(Mutex::default)
}

impl<T: DeserializeOwned + Send + Sync + 'static> Shared<T> {
    fn meet(name: Name) -> Result<Self, String> {
        let of = |value| Inner { value, place: OnceLock::new() };
        if let Reach::Whole(bytes) = name.reach {
            let value = codec::read(&bytes).map_err(|failure| failure.0)?;
            return Ok(Self { inner: Arc::new(of(value)) });
        }
        let decode = |bytes: &[u8]| codec::read(bytes).map(of).map_err(|failure| failure.0);
        let path = match (delivered(name.number, decode), name.reach) {
            (Some(inner), _) => return Ok(Self { inner: inner? }),
            (None, Reach::At(path)) => path,
            (None, _) => return Err("a shared value did not come: is there memory for it?".into()),
        };
        if let Some(inner) = Self::known(name.number)? {
            return Ok(Self { inner });
        }
        // Not under the lock: a value may hold others that are shared.
        let inner = Arc::new(of(read(&path)?));
        let value: Arc<dyn std::any::Any + Send + Sync> = Arc::<Inner<T>>::clone(&inner);
        let mut known = lock(met());
        let oldest = if known.len() == KEPT { known.pop_front() } else { None };
        known.push_back(Met { number: name.number, value });
        drop(known);
        drop(oldest);
        Ok(Self { inner })
    }

    /// A value that was met before. It counts as met last.
    fn known(number: u64) -> Result<Option<Arc<Inner<T>>>, String> {
        let mut known = lock(met());
        let place = known.iter().position(|known| known.number == number);
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
        self.name().map_err(serde::ser::Error::custom)?.serialize(serializer)
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
