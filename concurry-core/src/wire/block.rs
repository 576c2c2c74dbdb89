//! Memory for large blocks that come in.

/// The size of a large page, where there are any.
#[cfg(target_os = "linux")]
const LARGE_PAGE: usize = 2 << 20;

/// Memory for a block of so many bytes, which are about to be written. `None`: it can't be had.
///
/// Large blocks are new memory each time, and most of what it costs to fill them is that the system
/// provides it page by page. So it is asked to provide large pages.
pub(super) fn memory_for(length: usize) -> Option<Vec<u8>> {
    let mut block = Vec::new();
    block.try_reserve_exact(length).ok()?;
    #[cfg(target_os = "linux")]
    prefer_large_pages(&mut block);
    Some(block)
}

#[cfg(target_os = "linux")]
fn prefer_large_pages(block: &mut Vec<u8>) {
    let room = block.spare_capacity_mut();
    let before = room.as_ptr().align_offset(LARGE_PAGE);
    let Some(inner) = room.get_mut(before..) else { return };
    let length = inner.len() / LARGE_PAGE * LARGE_PAGE;
    if length > 0 {
        let advice = rustix::mm::Advice::LinuxHugepage;
        // SAFETY: whole pages of memory that is ours; the advice leaves what is in them as it is.
        // Where there are no large pages it is refused, which changes nothing.
        let _ = unsafe { rustix::mm::madvise(inner.as_mut_ptr().cast(), length, advice) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_and_too_much_is_refused() {
        for length in [0, 1, 5 << 20] {
            let block = memory_for(length);
            assert!(block.is_some_and(|block| block.is_empty() && block.capacity() >= length));
        }
        assert_eq!(memory_for(usize::MAX), None);
    }
}
