//! Installs the litellm proxy, and runs it on a loopback port.

use std::fs;
use std::io::{BufRead, BufReader, copy, sink};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Instant;

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// A running proxy. Dropping it ends it.
pub struct Proxy {
    process: Child,
    port: u16,
}

impl Proxy {
    /// Installs it if that has not been done, starts it, and waits until it listens.
    pub fn start() -> Self {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/litellm");
        let installed = install(&tests.join("requirements.txt"));
        // Free now; whoever takes it before the proxy does makes the test fail, not pass.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let started = Instant::now();
        let mut process = Command::new(installed.join("bin/litellm"))
            .arg("--config")
            .arg(tests.join("config.yaml"))
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .env("LITELLM_LOCAL_MODEL_COST_MAP", "True") // else it asks the network for prices
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let mut proxy = Self { process, port };
        if let Err(written) = proxy.wait_until_it_listens(&mut log) {
            panic!("the proxy ended early: {written}");
        }
        println!("litellm: started in {:.1?}", started.elapsed());
        // A full pipe would stop it.
        thread::spawn(move || copy(&mut log, &mut sink()));
        proxy
    }

    fn wait_until_it_listens(&mut self, log: &mut impl BufRead) -> Result<(), String> {
        let mut written = String::new();
        loop {
            let start = written.len();
            if !log.read_line(&mut written).is_ok_and(|length| length > 0) {
                return Err(written);
            }
            if written[start..].contains("Uvicorn running on") {
                return Ok(());
            }
        }
    }

    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.process.kill(); // it may have ended by itself
        let _ = self.process.wait();
    }
}

/// The folder of a virtual environment that holds exactly what the requirements say.
fn install(requirements: &Path) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("litellm");
    let note = folder.join("installed.txt");
    if fs::read_to_string(&note).is_ok_and(|installed| installed == REQUIREMENTS) {
        return folder;
    }
    let started = Instant::now();
    let _ = fs::remove_dir_all(&folder); // of another version, or half done
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    run(Command::new(folder.join("bin/python")).args(pip).arg(requirements));
    fs::write(&note, REQUIREMENTS).unwrap(); // last: now it is whole
    println!("litellm: installed in {:.1?}", started.elapsed());
    folder
}

fn run(command: &mut Command) {
    let status = command.status();
    let done = status.as_ref().is_ok_and(std::process::ExitStatus::success);
    assert!(done, "{command:?}: {status:?}; it needs Python 3.10 to 3.13 and a package index");
}
