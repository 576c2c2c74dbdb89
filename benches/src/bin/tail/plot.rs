//! The share of calls that have no good answer yet, over time, as an SVG file.

use std::fmt::Write;

use super::simulation::{Figures, Strategy};

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 460.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 270.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;
/// The end of the time axis, in seconds.
const SECONDS: f64 = 9.0;
/// The lowest share on the logarithmic axis.
const LOWEST: f64 = 1e-4;
const COLOURS: [&str; 8] =
    ["#555555", "#d55e00", "#0072b2", "#56b4e9", "#009e73", "#7fc97f", "#cc79a7", "#e69f00"];

/// Draws the curves of all strategies.
pub(crate) fn draw(all: &[(Strategy, Figures)]) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"15\">Calls without a good answer yet</text>\n"
    );
    axes(&mut svg);
    for (index, (strategy, figures)) in all.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let points = curve(figures);
        let _ = writeln!(
            svg,
            "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"{points}\"/>"
        );
        let (x, y) = (WIDTH - RIGHT + 14.0, TOP + 12.0 + 22.0 * index as f64);
        let _ = writeln!(
            svg,
            "<line x1=\"{x}\" y1=\"{line}\" x2=\"{end}\" y2=\"{line}\" stroke=\"{colour}\" \
             stroke-width=\"3\"/><text x=\"{text}\" y=\"{y}\">{name}</text>",
            line = y - 4.0,
            end = x + 18.0,
            text = x + 24.0,
            name = strategy.name(),
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn axes(svg: &mut String) {
    for second in 0..=9 {
        let x = x(f64::from(second));
        let _ = writeln!(
            svg,
            "<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom}\" stroke=\"#e5e5e5\"/>\
             <text x=\"{x:.1}\" y=\"{label}\" text-anchor=\"middle\">{second}</text>",
            bottom = HEIGHT - BOTTOM,
            label = HEIGHT - BOTTOM + 18.0,
        );
    }
    for (share, label) in
        [(1.0, "100 %"), (0.1, "10 %"), (0.01, "1 %"), (0.001, "0.1 %"), (0.0001, "0.01 %")]
    {
        let y = y(share);
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\" stroke=\"#e5e5e5\"/>\
             <text x=\"{text}\" y=\"{middle:.1}\" text-anchor=\"end\">{label}</text>",
            right = WIDTH - RIGHT,
            text = LEFT - 8.0,
            middle = y + 4.0,
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{middle}\" y=\"{bottom}\" text-anchor=\"middle\">seconds after the call</text>",
        middle = f64::midpoint(LEFT, WIDTH - RIGHT),
        bottom = HEIGHT - 10.0,
    );
}

fn x(seconds: f64) -> f64 {
    LEFT + (WIDTH - LEFT - RIGHT) * (seconds / SECONDS).min(1.0)
}

fn y(share: f64) -> f64 {
    let below = share.max(LOWEST).log10() / LOWEST.log10();
    TOP + (HEIGHT - TOP - BOTTOM) * below
}

/// One point for each fiftieth of a second.
fn curve(figures: &Figures) -> String {
    let mut points = String::new();
    for step in 0..=450 {
        let seconds = f64::from(step) / 50.0;
        let answered = figures.successes.partition_point(|taken| taken.as_secs_f64() <= seconds);
        let open = 1.0 - answered as f64 / f64::from(figures.calls);
        let _ = write!(points, "{:.1},{:.1} ", x(seconds), y(open));
    }
    points
}
