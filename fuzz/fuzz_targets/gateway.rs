//! Any bytes from a gateway, cut anywhere, are the same answers or the same refusal, and what its
//! exchanges bring comes out in order: no panic, no hang, no memory beyond the bound.

#![no_main]

use libfuzzer_sys::fuzz_target;

use protocol::Answer;

#[allow(dead_code)] // what is only sent
#[path = "../../concurry-ray/src/protocol.rs"]
mod protocol;
#[path = "../../concurry-ray/src/protocol_checks.rs"]
mod protocol_checks;
#[allow(dead_code)] // when an exchange may begin
#[path = "../../concurry-ray/src/returns.rs"]
mod returns;

fuzz_target!(|input: &[u8]| {
    let Some((width, bytes)) = input.split_first() else { return };
    let messages = protocol_checks::same_wherever_cut(bytes, usize::from(*width) + 1);
    protocol_checks::in_order_or_refused(messages.into_iter().filter_map(
        |(_, answer)| match answer {
            Answer::Returned { body, .. } => Some(body),
            _ => None,
        },
    ));
});
