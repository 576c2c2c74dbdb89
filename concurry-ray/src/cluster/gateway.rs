//! The gateway process of a cluster: started, spoken to, and noticed when it ends.

use std::collections::HashMap;
use std::io::{self, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex, Weak};
use std::time::Duration;

use super::{Letter, Mailbox, lock, spawn};
use crate::error::RayError;
use crate::options::ClusterOptions;
use crate::protocol::{self, Answer, BULK, Connect, Connected, File, Order, PROTOCOL, Program};

/// The program of the gateway.
const SOURCE: &str = include_str!("../gateway.py");

/// Reads the program from the socket and runs it, so that it needs no file and `ps` stays readable.
const BOOTSTRAP: &str = "\
import os, sys, types
def read(n):
    got = b''
    while len(got) < n:
        part = os.read(0, n - len(got))
        if not part: sys.exit(0)
        got += part
    return got
gateway = types.ModuleType('concurry_gateway')
sys.modules['concurry_gateway'] = gateway
exec(compile(read(int.from_bytes(read(4), 'little')), 'concurry_gateway', 'exec'), gateway.__dict__)
gateway.main()";

/// How long a gateway may take to say that it has joined, or why it can't.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a gateway may take to clean up.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(5);
/// How much of what a gateway prints is kept, to say why it ended.
const TAIL: usize = 2_000;

/// A process that has joined a cluster. It ends with the last holder, and with it everything that it
/// has started there.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) connected: Connected,
    /// Taken for as long as one message is written.
    writer: Mutex<UnixStream>,
    next_link: AtomicU64,
    programs: Mutex<HashMap<Vec<File>, String>>,
    process: Arc<Process>,
}

/// The gateway to one cluster, if there is one.
type Entry = Arc<Mutex<Weak<Gateway>>>;

/// The process, and who hears of it. The thread that listens to it has this, so that it never holds
/// the gateway up.
#[derive(Debug)]
struct Process {
    child: Mutex<Child>,
    links: Mutex<Links>,
    /// Told when the process has closed its side.
    silent: Condvar,
    /// The end of what it prints.
    tail: Arc<Mutex<Vec<u8>>>,
}

#[derive(Debug, Default)]
struct Links {
    /// Who hears of each link.
    mailboxes: HashMap<u64, Arc<Mailbox>>,
    /// Why there are no more.
    ended: Option<String>,
}

impl Gateway {
    /// The gateway to that cluster: one that is there, or a new one.
    pub(crate) fn to(options: &ClusterOptions) -> Result<Arc<Self>, RayError> {
        let entry = Self::entry_of(options);
        // Held while one is started, so that two pools that are made at the same time share it. A
        // cluster that does not answer holds up nobody who wants another one.
        let mut known = lock(&entry);
        if let Some(gateway) = known.upgrade()
            && lock(&gateway.process.links).ended.is_none()
        {
            return Ok(gateway);
        }
        let gateway = Self::start(options)?;
        *known = Arc::downgrade(&gateway);
        Ok(gateway)
    }

    fn entry_of(options: &ClusterOptions) -> Entry {
        static ENTRIES: LazyLock<Mutex<HashMap<ClusterOptions, Entry>>> =
            LazyLock::new(Mutex::default);
        let mut entries = lock(&ENTRIES);
        // Whoever locks an entry has it: one that is only in the map is free.
        entries.retain(|_, entry| Arc::strong_count(entry) > 1 || lock(entry).strong_count() > 0);
        Arc::clone(entries.entry(options.clone()).or_default())
    }

    fn start(options: &ClusterOptions) -> Result<Arc<Self>, RayError> {
        let python = python(options);
        let (ours, theirs) = UnixStream::pair().map_err(RayError::System)?;
        for end in [&ours, &theirs] {
            // Or a large message goes over in many small steps, each of which wakes the other side. As
            // much of it as the system allows.
            let _ = rustix::net::sockopt::set_socket_send_buffer_size(end, BULK);
        }
        let mut process = Command::new(&python)
            .args(["-c", BOOTSTRAP, "concurry-ray"])
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // Not in the terminal's group: an interrupt is for the program, which ends it.
            .process_group(0)
            .spawn()
            .map_err(|source| RayError::NoPython { python: python.clone(), source })?;
        let tail = Arc::new(Mutex::new(Vec::new()));
        if let Some(errors) = process.stderr.take() {
            let tail = Arc::clone(&tail);
            spawn("ray-gateway-log", move || keep_tail(errors, &tail))?;
        }
        let joined = join(&ours, options);
        let ended = |process: &mut Child, text: String| {
            // It may hang in Ray, where it heeds nothing else.
            let _ = process.kill();
            let _ = process.wait();
            RayError::Gateway { python: python.clone(), text }
        };
        let connected = match joined {
            Ok(Ok(connected)) => connected,
            Ok(Err(refusal)) => {
                let _ = process.kill();
                let _ = process.wait();
                return Err(RayError::refused(refusal, &python));
            }
            Err(error) => {
                let text = match error.kind() {
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                        format!("it did not join the cluster within {CONNECT_TIMEOUT:?}")
                    }
                    io::ErrorKind::UnexpectedEof => {
                        let _ = process.wait();
                        format!("it ended: {}", text_of(&tail))
                    }
                    _ => error.to_string(),
                };
                return Err(ended(&mut process, text));
            }
        };
        let reader = ours.try_clone().map_err(RayError::System)?;
        let process = Arc::new(Process {
            child: Mutex::new(process),
            links: Mutex::default(),
            silent: Condvar::new(),
            tail,
        });
        let gateway = Self {
            connected,
            writer: Mutex::new(ours),
            next_link: AtomicU64::new(1),
            programs: Mutex::default(),
            process: Arc::clone(&process),
        };
        spawn("ray-gateway", move || process.listen(reader))?;
        Ok(Arc::new(gateway))
    }

    /// A number for a new link.
    pub(crate) fn next_link(&self) -> u64 {
        // Relaxed: only has to differ.
        self.next_link.fetch_add(1, Ordering::Relaxed)
    }

    /// From now on, what comes for that link goes into the mailbox, and nothing that comes for the
    /// one before it (zero: none).
    pub(crate) fn attach(
        &self,
        link: u64,
        before: u64,
        mailbox: &Arc<Mailbox>,
    ) -> Result<(), String> {
        let mut links = lock(&self.process.links);
        links.mailboxes.remove(&before);
        if let Some(ended) = &links.ended {
            return Err(ended.clone());
        }
        links.mailboxes.insert(link, Arc::clone(mailbox));
        Ok(())
    }

    /// The link is over, for both sides.
    pub(crate) fn release(&self, link: u64) {
        if lock(&self.process.links).mailboxes.remove(&link).is_some() {
            self.send(Order::Release, link, &[]);
        }
    }

    /// Sends a message. That the gateway has ended is told by its mailboxes.
    pub(crate) fn send(&self, order: Order, link: u64, body: &[u8]) {
        self.send_in(0, order, link, body);
    }

    /// Sends a message about the exchange that has that room.
    pub(crate) fn send_in(&self, room: u16, order: Order, link: u64, body: &[u8]) {
        let header = protocol::header(order, link, room, body.len());
        let mut writer = lock(&self.writer);
        let _ = writer.write_all(&header).and_then(|()| writer.write_all(body));
    }

    /// Sends a message that is no data.
    pub(crate) fn tell(&self, order: Order, link: u64, message: &impl serde::Serialize) {
        // Plain data with text as keys: it can't fail.
        let body = serde_json::to_vec(message).unwrap_or_default();
        self.send(order, link, &body);
    }

    /// The digest of a program if it is in the cluster. Else it is put there, and a letter comes.
    pub(crate) fn program(&self, files: &[File], link: u64) -> Option<String> {
        if let Some(program) = lock(&self.programs).get(files) {
            return Some(program.clone());
        }
        self.tell(Order::Program, link, &Program { files: files.to_vec() });
        None
    }

    /// The program is in the cluster now.
    pub(crate) fn stored(&self, files: Vec<File>, program: String) {
        // Other files may have changed when they are shipped the next time.
        if files.len() == 1 {
            lock(&self.programs).insert(files, program);
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It ends at the end of its input, and leaves nothing on the cluster.
        let _ = lock(&self.writer).shutdown(Shutdown::Write);
        let links = lock(&self.process.links);
        let waits = |links: &mut Links| links.ended.is_none();
        let _ = self.process.silent.wait_timeout_while(links, LEAVE_TIMEOUT, waits);
        let mut child = lock(&self.process.child);
        // Where Ray does not let it go, it is ended; its cluster sees that by itself.
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Process {
    /// Hands out what comes from the gateway, until it ends.
    fn listen(&self, channel: UnixStream) {
        let mut source = BufReader::with_capacity(64 << 10, channel);
        let why = loop {
            let (link, answer) = match protocol::read(&mut source) {
                Ok(Some(message)) => message,
                Ok(None) => break self.how_it_ended(),
                Err(error) => {
                    let _ = lock(&self.child).kill();
                    break format!("it sent what is no message: {error}");
                }
            };
            let mailbox = lock(&self.links).mailboxes.get(&link).cloned();
            match (mailbox, answer) {
                (Some(mailbox), answer) => mailbox.post(Letter::Answer { link, answer }),
                (None, Answer::Refused(refusal)) if link == 0 => {
                    let _ = lock(&self.child).kill();
                    break refusal.text;
                }
                // What comes for a link that was released is late.
                (None, _) => {}
            }
        };
        self.end(&format!("the gateway to the cluster ended: {why}"));
    }

    fn how_it_ended(&self) -> String {
        // It has closed its side, so it is about to end.
        let status = lock(&self.child).wait();
        let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        match text_of(&self.tail).as_str() {
            "" => status,
            text => format!("{status}: {text}"),
        }
    }

    fn end(&self, why: &str) {
        let mailboxes = {
            let mut links = lock(&self.links);
            links.ended = Some(why.to_owned());
            std::mem::take(&mut links.mailboxes)
        };
        self.silent.notify_all();
        for (link, mailbox) in mailboxes {
            mailbox.post(Letter::GatewayEnded { link, text: why.to_owned() });
        }
    }
}

/// The Python to run it with.
fn python(options: &ClusterOptions) -> PathBuf {
    if let Some(python) = &options.python {
        return python.clone();
    }
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(python) = variable("CONCURRY_RAY_PYTHON") {
        return python.into();
    }
    match variable("VIRTUAL_ENV") {
        Some(environment) => PathBuf::from(environment).join("bin").join("python"),
        None => PathBuf::from("python3"),
    }
}

/// Hands over the program and waits until it has joined the cluster.
fn join(
    mut channel: &UnixStream,
    options: &ClusterOptions,
) -> io::Result<Result<Connected, protocol::Refusal>> {
    channel.set_read_timeout(Some(CONNECT_TIMEOUT))?;
    channel.write_all(&(SOURCE.len() as u32).to_le_bytes())?;
    channel.write_all(SOURCE.as_bytes())?;
    let cpus = options.local_cpus.map(|cpus| ("num_cpus", cpus.into()));
    let connect = Connect {
        protocol: PROTOCOL,
        address: &options.address,
        namespace: options.namespace.as_deref(),
        local: cpus.into_iter().collect(),
    };
    let body = serde_json::to_vec(&connect)?;
    channel.write_all(&protocol::header(Order::Connect, 0, 0, body.len()))?;
    channel.write_all(&body)?;
    let answer = match protocol::read(&mut channel)? {
        Some((_, Answer::Connected(connected))) if connected.protocol == PROTOCOL => Ok(connected),
        Some((_, Answer::Refused(refusal))) => Err(refusal),
        Some((_, other)) => return Err(protocol::garbage(format!("it answered {other:?}"))),
        None => return Err(io::ErrorKind::UnexpectedEof.into()),
    };
    channel.set_read_timeout(None)?;
    Ok(answer)
}

fn keep_tail(mut errors: impl Read, tail: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = errors.read(&mut buffer) {
        let mut tail = lock(tail);
        tail.extend_from_slice(&buffer[..count]);
        let excess = tail.len().saturating_sub(TAIL);
        tail.drain(..excess);
    }
}

/// What was printed, without what Ray's libraries tell of their own state when they end.
fn text_of(tail: &Mutex<Vec<u8>>) -> String {
    let text = String::from_utf8_lossy(&lock(tail)).into_owned();
    let says_why = |line: &&str| !line.trim().is_empty() && !line.contains("[state-dump]");
    text.lines().filter(says_why).collect::<Vec<_>>().join("\n")
}
