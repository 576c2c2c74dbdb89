//! Log lines beside progress bars.

use concurry::progress::{LogWriter, Progress};
use concurry::testing::MemoryTerminal;
use tracing::subscriber::with_default;

#[test]
fn log_lines_stay_whole_above_the_bar() {
    let terminal = MemoryTerminal::new(80, 10);
    let bar = Progress::new().desc("LLM").total(2).target(&terminal.target()).start();
    let target = terminal.target();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || LogWriter::above(&target))
        .with_ansi(false)
        .without_time()
        .finish();
    with_default(subscriber, || {
        tracing::info!("first");
        bar.update(1);
        tracing::warn!("second");
    });
    bar.update(1);
    bar.success("");
    let screen = terminal.contents();
    let lines: Vec<_> = screen.lines().map(str::trim).collect();
    assert_eq!(lines.len(), 3, "{screen}");
    assert!(lines[0].starts_with("INFO") && lines[0].ends_with("first"), "{screen}");
    assert!(lines[1].starts_with("WARN") && lines[1].ends_with("second"), "{screen}");
    assert!(lines[2].starts_with("LLM 100%"), "{screen}");
}
