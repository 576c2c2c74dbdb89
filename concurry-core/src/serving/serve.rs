//! The life of a worker's process: it is told who it is, builds its state, serves, and ends.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use rustix::net::RecvFlags;

use super::control::{self, Control};
use super::inbox::{Inbox, Next, OwnInbox, Socket, Sorted};
use super::limits::LimitClient;
use super::methods::{Methods, Server};
use super::outbox::Outbox;
use super::pacing::Pacing;
use super::replies::Replies;
use crate::event::Event;
use crate::pool::{MethodKinds, Options};
use crate::wire::message::{Hello, PanicText, Rebuilt, Uncarried, VERSION};
use crate::wire::{
    Carry, CarryFailure, ErrorText, FlightRecorder, Frame, FrameReader, Kind, Status, codec,
    deliveries, leaving, registered,
};
use crate::worker::{Constructor, Worker};
use crate::{InitError, Mode, RestartPolicy};

/// How long results wait for others before they are sent together.
const TOGETHER: Duration = Duration::from_micros(50);
/// The same for calls of a map, which are waited for as a whole.
const OF_MAP: Duration = Duration::from_micros(100);
/// The other side has its own limit for the constructor.
const NO_LIMIT: Duration = Duration::from_secs(100 * 365 * 86_400);

/// What a process that is to be a worker was started with.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) channel: UnixStream,
    pub(crate) reader: FrameReader,
    pub(crate) control: Option<UnixStream>,
    pub(crate) table: Option<OwnedFd>,
    pub(crate) replies: Option<UnixStream>,
}

/// What the macros know of the constructor, for [`serve`].
pub(crate) struct Building<W, E> {
    pub(crate) constructor: Result<Constructor<W, E>, CarryFailure>,
    pub(crate) error: Option<Carry<E>>,
    pub(crate) error_text: Option<fn(&E) -> ErrorText>,
}

impl Served {
    /// The whole life.
    pub(crate) fn run(mut self) {
        let Ok(hello) = self.hello() else { return };
        match registered(&hello.worker, hello.fingerprint) {
            Some(registration) => (registration.serve)(self, hello),
            None => {
                let outbox = Outbox::new(self.channel, None, hello.max_message);
                let message = format!("this executable has no worker `{}`", hello.worker);
                tell_built(&outbox, Status::Unbuilt, &message);
            }
        }
    }

    fn hello(&mut self) -> io::Result<Hello> {
        loop {
            if let Some(mut frame) = self.reader.take().map_err(io::Error::other)? {
                // The parameters may name values that are brought before.
                if frame.header.kind == Kind::Shared {
                    deliveries::deliver_frame(&mut frame);
                    continue;
                }
                if frame.header.kind != Kind::Hello || frame.header.code != VERSION {
                    return Err(io::Error::other("the other side speaks another version"));
                }
                return codec::read(frame.body).map_err(|failure| io::Error::other(failure.0));
            }
            let flags = RecvFlags::empty();
            if self.reader.read_from(&mut Socket::new(&self.channel, flags))? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// Serves the calls of one worker until the other side wants no more.
pub(crate) fn serve<W: Worker, E: Send + 'static>(
    served: Served,
    mut hello: Hello,
    building: Building<W, E>,
) {
    let Served { channel, reader, control: urgent, table, replies } = served;
    let recorder = table.and_then(|table| FlightRecorder::open(&table, hello.slots).ok());
    let recorder = recorder.map(Arc::new);
    let Ok(sending) = channel.try_clone() else { return };
    let outbox = Arc::new(Outbox::new(sending, recorder.clone(), hello.max_message));
    let replies = replies.map(|replies| Replies::new(replies, recorder.clone()));
    let limits = LimitClient::new(&outbox, std::mem::take(&mut hello.sets), replies);
    let control = Control::new(Arc::clone(&outbox), Arc::clone(&limits));
    // Before the constructor, which may run for long: its parent may be gone meanwhile.
    let inbox = match urgent {
        Some(urgent) => {
            let own = OwnInbox::new(channel, reader, recorder.clone());
            control::listen(Arc::clone(&control), urgent).map(|()| Inbox::Own(own))
        }
        None => {
            let (sender, messages) = mpsc::channel();
            control::sort(Arc::clone(&control), channel, reader, sender, recorder.clone())
                .map(|()| Inbox::Sorted(Sorted::new(messages)))
        }
    };
    let mut inbox = match inbox {
        Ok(inbox) => inbox,
        Err(error) => {
            let message = format!("the operating system refused a thread: {error}");
            return tell_built(&outbox, Status::Unbuilt, &message);
        }
    };
    let mut kinds = MethodKinds::default();
    W::visit_methods(&mut kinds);
    let one_at_a_time = !kinds.asynchronous;
    let Some(handle) = build(&hello, building, one_at_a_time, &control) else { return };
    let _ = control.pool.set(Arc::clone(&handle.pool.shared));
    if !one_at_a_time {
        outbox.start_flusher();
    }
    tell_built(&outbox, Status::Done, &());
    let methods = Methods::<W>::of(one_at_a_time);
    let server = Server { pool: handle.pool.clone(), control, recorder };
    if work(&mut inbox, &server, &methods, one_at_a_time).is_err() {
        // Nobody said that it is over: the other side is gone. This thread may notice that before the
        // one that listens for what is urgent, and what was started here has to go along all the same.
        control::gone();
    }
    // The state is dropped, and everything is sent, before the process ends.
    let _ = handle.stop().result();
    outbox.flush();
}

/// Ends when it is told to, or if the state of a worker of one call at a time can't be built again.
fn work<W: Worker>(
    inbox: &mut Inbox,
    server: &Server<W>,
    methods: &Methods<W>,
    one_at_a_time: bool,
) -> io::Result<()> {
    let outbox = &server.control.outbox;
    let pacing = Pacing::new(server.recorder.clone());
    let done = |together| {
        // Neighbours of a slow call do not wait for those behind it.
        if pacing.done().is_some_and(|time| time > together) {
            pacing.note();
            outbox.flush();
        }
    };
    let next = || if one_at_a_time && server.is_unbuilt() { Next::End } else { Next::Look };
    let mut handle = |frame: Frame<'_>, followed: bool| match frame.header.kind {
        Kind::Call | Kind::CallInContext => {
            if let Some(run) = methods.run.get(usize::from(frame.header.code)) {
                run(server, frame, followed);
                done(TOGETHER);
            }
            next()
        }
        Kind::Calls => {
            if let Some(run) = methods.run_several.get(usize::from(frame.header.code)) {
                run(server, frame, followed, &mut || done(OF_MAP));
            }
            next()
        }
        Kind::Finish => Next::End,
        _ => Next::Look,
    };
    loop {
        pacing.begin();
        if let Next::End = inbox.handle_all(&mut handle)? {
            return Ok(());
        }
        pacing.note();
        outbox.flush();
        inbox.wait()?;
    }
}

fn build<W: Worker, E: Send + 'static>(
    hello: &Hello,
    building: Building<W, E>,
    one_at_a_time: bool,
    control: &Control,
) -> Option<crate::pool::Handle<W>> {
    let Building { constructor, error: error_wire, error_text } = building;
    let outbox = &control.outbox;
    let constructor = match constructor {
        Ok(constructor) => constructor,
        Err(CarryFailure(message)) => {
            let text = Uncarried { what: "parameters".to_owned(), message };
            tell_built(outbox, Status::Uncarried, &text);
            return None;
        }
    };
    let mut options = Options::<W>::new(if one_at_a_time { Mode::Sync } else { Mode::Async }, 1);
    options.concurrency = Some(hello.concurrency);
    options.init_timeout = Some(NO_LIMIT);
    options.stop_timeout = Some(NO_LIMIT);
    options.serves_as = Some(hello.seat);
    options.limits = control.limits.limits();
    options.restart = RestartPolicy::new()
        .first_wait(hello.restart.first_wait)
        .max_wait(hello.restart.max_wait)
        .max_failures(hello.restart.max_failures);
    let events = Arc::clone(outbox);
    options.on_event = Some(Arc::new(move |event: &Event| tell_event(&events, event)));
    match options.init(constructor) {
        Ok(handle) => Some(handle),
        Err(InitError::Constructor { error, .. }) => {
            tell_failed(outbox, &error, error_wire, error_text);
            None
        }
        Err(InitError::Panicked { panic, .. }) => {
            let (message, location) = (panic.message.to_string(), panic.location);
            tell_built(outbox, Status::Panicked, &PanicText { message, location });
            None
        }
        Err(InitError::Options(error)) => {
            tell_built(outbox, Status::Unbuilt, &error.to_string());
            None
        }
        Err(_) => {
            tell_built(outbox, Status::Unbuilt, &"its constructor did not run".to_owned());
            None
        }
    }
}

fn tell_failed<E>(
    outbox: &Outbox,
    error: &E,
    wire: Option<Carry<E>>,
    text: Option<fn(&E) -> ErrorText>,
) {
    let encode = || wire.and_then(|wire| leaving::as_a_whole(|| wire.to_bytes(error)).ok());
    // Serialisation is code of the type's own.
    let bytes = std::panic::catch_unwind(std::panic::AssertUnwindSafe(encode)).ok().flatten();
    let sent = bytes.is_some_and(|bytes| {
        let added = outbox.add(Kind::Built, Status::Failed as u16, 0, |encoder| {
            encoder.body.extend_from_slice(&bytes);
            Ok(())
        });
        added.is_ok()
    });
    if !sent {
        let message = match text {
            Some(text) => text(error).message,
            None => format!("an error of type `{}`", std::any::type_name::<E>()),
        };
        return tell_built(outbox, Status::FailedAsText, &message);
    }
    outbox.flush();
}

fn tell_built(outbox: &Outbox, status: Status, body: &impl serde::Serialize) {
    // Of plain data: it can't fail.
    let _ =
        outbox.add(Kind::Built, status as u16, 0, |encoder| codec::write(body, &mut encoder.body));
    outbox.flush();
}

fn tell_event(outbox: &Outbox, event: &Event) {
    let rebuilt = match event {
        Event::WorkerRestarted { in_a_row, .. } => Rebuilt::Again { in_a_row: *in_a_row },
        Event::WorkerGivenUp { message, .. } => Rebuilt::GivenUp { message: message.clone() },
        _ => return,
    };
    let _ = outbox.add(Kind::Rebuilt, 0, 0, |encoder| codec::write(&rebuilt, &mut encoder.body));
}
