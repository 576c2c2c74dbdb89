//! What `init` says when there can be no worker, and what options do.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use concurry::prelude::*;
use concurry::ray::{Placement, RayConnection};
use concurry_testkit::wait_until;

use crate::Test;
use crate::cluster;
use crate::noters::{Noter, Notes, OwnGateways, is_alive, kill, workers};

pub(crate) const TESTS: &[Test] = &[
    ("setting_up::without_python_it_says_what_to_install", without_python_it_says_what_to_install),
    ("setting_up::without_ray_it_says_what_to_install", without_ray_it_says_what_to_install),
    ("setting_up::without_a_cluster_it_says_so_at_once", without_a_cluster_it_says_so_at_once),
    ("setting_up::a_cluster_that_hangs_holds_up_no_other", a_cluster_that_hangs_holds_up_no_other),
    ("setting_up::what_the_cluster_lacks_is_named", what_the_cluster_lacks_is_named),
    ("setting_up::illegal_options_are_named", illegal_options_are_named),
    ("setting_up::variables_and_files_come_along", variables_and_files_come_along),
    ("setting_up::workers_are_where_they_were_placed", workers_are_where_they_were_placed),
    ("setting_up::a_local_cluster_ends_with_its_pools", a_local_cluster_ends_with_its_pools),
    ("setting_up::a_connection_tells_what_it_found", a_connection_tells_what_it_found),
    ("setting_up::a_client_server_is_enough", a_client_server_is_enough),
    (
        "setting_up::the_gateway_does_what_it_is_told_on_a_real_cluster",
        the_gateway_does_what_it_is_told_on_a_real_cluster,
    ),
];

pub(crate) const ALONE: &[Test] =
    &[("setting_up::nothing_is_left_after_a_stop", nothing_is_left_after_a_stop)];

fn problem(options: RayOptions) -> String {
    let notes = Notes::new();
    let made = Noter::options(Mode::Ray, 1).ray(options).init(notes.file());
    made.err().map(|error| error.to_string()).expect("there can be no worker")
}

fn without_python_it_says_what_to_install() {
    let text = problem(cluster::options().python("there-is-no-such-python"));
    assert!(text.contains("there-is-no-such-python") && text.contains("pip install ray"), "{text}");
}

fn without_ray_it_says_what_to_install() {
    // Whatever Python the machine has; one that has Ray finds no cluster instead.
    let text = problem(RayOptions::new().address("127.0.0.1:1").python("/usr/bin/env"));
    assert!(text.contains("gateway"), "no Python at all: {text}");
    let python = cluster::with(|cluster| cluster.python());
    let notes = Notes::new();
    let isolated = script(&notes, &format!("exec {} -I -S \"$@\"", python.display()));
    let text = problem(cluster::options().python(isolated));
    assert!(text.contains("has no Ray") && text.contains("pip install ray"), "{text}");
}

/// A program for the shell, in the place of Python. Another process writes it: a process that is being
/// started here meanwhile would have it open for writing as well, and then it can't be run.
fn script(notes: &Notes, commands: &str) -> PathBuf {
    let path = notes.file();
    let mut install = Command::new("install");
    install.args(["-m", "700", "/dev/stdin"]).arg(&path).stdin(Stdio::piped());
    let mut install = install.spawn().unwrap();
    let text = format!("#!/bin/sh\n{commands}\n");
    install.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(install.wait().unwrap().success());
    path
}

fn a_cluster_that_hangs_holds_up_no_other() {
    let notes = Notes::new();
    // Tells its process, and then nothing more.
    let commands = format!("echo $$ > {}\nexec sleep 1000", notes.gate().display());
    let options = RayOptions::new().python(script(&notes, &commands));
    let hanging = std::thread::spawn(move || RayConnection::open(&options));
    let process = || std::fs::read_to_string(notes.gate()).ok()?.trim().parse().ok();
    wait_until("it is being joined", || process().is_some());
    RayConnection::open(&cluster::options_without_connection()).unwrap();
    assert!(!hanging.is_finished(), "nobody has waited for it");
    kill(process().unwrap());
    let text = hanging.join().unwrap().unwrap_err().to_string();
    assert!(text.contains("it ended"), "{text}");
}

fn without_a_cluster_it_says_so_at_once() {
    let begun = Instant::now();
    let text = problem(cluster::options().address("127.0.0.1:1"));
    assert!(text.contains("127.0.0.1:1") && text.contains("ray start"), "{text}");
    assert!(begun.elapsed() < Duration::from_secs(10), "Ray itself tries for minutes");
}

fn what_the_cluster_lacks_is_named() {
    let options = cluster::options().num_gpus(3.0).start_timeout(Duration::from_millis(1_500));
    let text = problem(options);
    assert!(text.contains("3 GPU") && text.contains("1.5s"), "{text}");
}

fn illegal_options_are_named() {
    assert!(problem(cluster::options().num_cpus(-1.0)).contains("num_cpus is -1"));
    assert!(problem(cluster::options().address("nowhere")).contains("`nowhere`"));
    assert!(problem(cluster::options().file("data", "there/is/none")).contains("there/is/none"));
}

fn variables_and_files_come_along() {
    let notes = Notes::new();
    notes.open_gate();
    std::fs::write(notes.gate(), "some data").unwrap();
    let options = cluster::options().env("GREETING", "hello").file("data/some.txt", notes.gate());
    let noter = Noter::options(Mode::Ray, 1).ray(options).init(notes.file()).unwrap();
    assert_eq!(noter.variable("GREETING".into()).result().unwrap().as_deref(), Some("hello"));
    assert_eq!(noter.read("data/some.txt".into()).result().unwrap(), "some data");
}

fn workers_are_where_they_were_placed() {
    let notes = Notes::new();
    let options = cluster::options().placement(Placement::Spread);
    let noter = Noter::options(Mode::Ray, 2).ray(options).init(notes.file()).unwrap();
    assert_eq!(noter.note(1).result().unwrap(), 1);
    let node = "f".repeat(56);
    let options =
        cluster::options().placement(Placement::Node(node)).start_timeout(Duration::from_secs(1));
    let text = problem(options);
    assert!(text.contains("placement") || text.contains("node"), "{text}");
}

fn a_local_cluster_ends_with_its_pools() {
    let notes = Notes::new();
    let python = cluster::with(|cluster| cluster.python());
    let options = RayOptions::new().local(2).python(python);
    let noter = Noter::options(Mode::Ray, 2)
        .ray(options)
        .init_timeout(Duration::from_secs(60))
        .init(notes.file())
        .unwrap();
    let process = noter.process().result().unwrap();
    assert!(is_alive(process));
    assert!(noter.stop().result().unwrap().complete);
    assert!(!is_alive(process));
}

fn a_connection_tells_what_it_found() {
    let connection = RayConnection::open(&cluster::options()).unwrap();
    assert_eq!(connection.nodes(), 2);
    assert!(connection.version().starts_with("2."), "{connection:?}");
    assert_eq!(connection.address(), cluster::with(|cluster| cluster.address().to_owned()));
}

fn a_client_server_is_enough() {
    let address = cluster::with(|cluster| cluster.client_address().to_owned());
    let notes = Notes::new();
    let options = Noter::options(Mode::Ray, 2).ray(cluster::options().address(address));
    let noter = options.init(notes.file()).unwrap();
    let calls = (0..100).map(|number| noter.note(number));
    assert_eq!(gather(calls).results().unwrap(), (0..100).collect::<Vec<_>>());
    let large = vec![7; 3 << 20];
    assert_eq!(noter.echo(large.clone()).result().unwrap(), large);
    let process = noter.process().result().unwrap();
    noter.note_and_die(100, "exit".into()).result().unwrap_err();
    assert_eq!(noter.note(101).result().unwrap(), 101);
    assert!(noter.stop().result().unwrap().complete);
    assert!(!is_alive(process));
    assert_eq!(notes.counts(102), [1; 102]);
}

fn nothing_is_left_after_a_stop() {
    let gateways = OwnGateways::begin();
    let notes = Notes::new();
    let options = Noter::options(Mode::Ray, 2).ray(cluster::options_without_connection());
    let noter = options.init(notes.file()).unwrap();
    let processes = gather((0..8).map(|_| noter.process())).results().unwrap();
    assert_eq!(gateways.now().len(), 1);
    assert!(processes.iter().all(|process| workers().contains(process)));
    assert!(noter.stop().result().unwrap().complete);
    assert!(gateways.now().is_empty());
    assert!(!processes.iter().any(|process| is_alive(*process)), "their actors are gone");
}

/// Names and classes of actors, a node of another kind, a program that is there already, garbage.
fn the_gateway_does_what_it_is_told_on_a_real_cluster() {
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/concurry-ray/tests/on_cluster.py");
    let mut command = cluster::with(|ray| {
        let mut command = Command::new(ray.python());
        command.env("RAY_ADDRESS", ray.address()).env("RAY_CLIENT_ADDRESS", ray.client_address());
        command
    });
    let run = command.arg(tests).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}
