//! A real HTTP server on a loopback port that does what a script says, byte for byte.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use serde_json::Value;

/// What the server does with one request.
pub enum Answer {
    /// Sends these bytes as they are, and closes the connection.
    Raw(Vec<u8>),
    /// Sends these bytes, and takes the next request on the same connection.
    Kept(Vec<u8>),
    /// Sends these bytes, and then nothing, with the connection open, until the other side closes it.
    Hang(Vec<u8>),
    /// Sends what this says of the request.
    By(fn(&Request) -> Answer),
    /// Sends bytes as they come from the test, until it hangs up.
    Fed(Receiver<Vec<u8>>),
}

impl Answer {
    /// A whole answer with a body.
    pub fn json(status: u16, headers: &[(&str, &str)], body: &Value) -> Self {
        Self::text(status, headers, &body.to_string())
    }

    pub fn text(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let mut head = format!(
            "HTTP/1.1 {status} Status\r\nContent-Length: {}\r\nConnection: close\r\n",
            body.len()
        );
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        Self::Raw(format!("{head}\r\n{body}").into_bytes())
    }

    /// The head of a stream of events, and what the test sends after it.
    pub fn events() -> (Sender<Vec<u8>>, Self) {
        let (sender, receiver) = channel();
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
        sender.send(head.to_vec()).unwrap();
        (sender, Self::Fed(receiver))
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// The running server. Ends with the test's process; each connection has a thread.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    script: VecDeque<Answer>,
    requests: Vec<Request>,
    connections: usize,
    /// Connections that the other side has closed while an answer was under way.
    abandoned: usize,
}

impl Server {
    /// Answers the requests by these answers, in the order in which they come.
    pub fn start(script: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        shared.state.lock().unwrap().script.extend(script);
        let server = Self { address, shared: Arc::clone(&shared) };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(stream, &shared));
            }
        });
        server
    }

    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.shared.state.lock().unwrap().requests.clone()
    }

    pub fn connections(&self) -> usize {
        self.shared.state.lock().unwrap().connections
    }

    pub fn wait_for_requests(&self, count: usize) {
        let state = self.shared.state.lock().unwrap();
        drop(self.shared.changed.wait_while(state, |state| state.requests.len() < count).unwrap());
    }

    /// Waits until the other side has closed so many connections in the middle of an answer.
    pub fn wait_for_abandoned(&self, count: usize) {
        let state = self.shared.state.lock().unwrap();
        drop(self.shared.changed.wait_while(state, |state| state.abandoned < count).unwrap());
    }
}

fn serve(mut stream: TcpStream, shared: &Shared) {
    shared.state.lock().unwrap().connections += 1;
    while let Some(request) = read_request(&stream) {
        let answer = {
            let mut state = shared.state.lock().unwrap();
            state.requests.push(request.clone());
            state.script.pop_front()
        };
        shared.changed.notify_all();
        let mut answer = answer.expect("the script has an answer for each request");
        if let Answer::By(of_request) = answer {
            answer = of_request(&request);
        }
        match answer {
            Answer::By(_) => unreachable!("an answer to a request is one to be sent"),
            Answer::Kept(bytes) => {
                stream.write_all(&bytes).unwrap();
                continue;
            }
            Answer::Raw(bytes) => {
                let _ = stream.write_all(&bytes); // the other side may have seen enough
                let _ = stream.shutdown(Shutdown::Write);
            }
            Answer::Hang(bytes) => {
                stream.write_all(&bytes).unwrap();
                let _ = stream.read(&mut [0]); // until it is closed
                note_abandoned(shared);
            }
            Answer::Fed(bytes) => {
                while let Ok(bytes) = bytes.recv() {
                    if stream.write_all(&bytes).is_err() {
                        note_abandoned(shared);
                        break;
                    }
                }
            }
        }
        return;
    }
}

fn note_abandoned(shared: &Shared) {
    shared.state.lock().unwrap().abandoned += 1;
    shared.changed.notify_all();
}

fn read_request(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { path, headers, body: serde_json::from_slice(&body).ok()? })
}
