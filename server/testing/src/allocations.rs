//! Counts allocations, for tests of code that must not allocate.
//!
//! A test program installs [`CountingAllocator`] as its allocator:
//!
//! ```
//! use parlour_testing::allocations::{self, CountingAllocator};
//!
//! #[global_allocator]
//! static COUNTING: CountingAllocator = CountingAllocator;
//!
//! # fn main() {
//! let before = allocations::on_this_thread();
//! drop(Box::new(1));
//! assert_eq!(allocations::on_this_thread() - before, 1);
//! # }
//! ```

use std::{
    alloc::{GlobalAlloc, Layout, System},
    backtrace::Backtrace,
    cell::Cell,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

/// The system allocator, with a count of allocations per thread, because tests run in parallel, and
/// the allocated bytes of all threads together.
#[derive(Debug)]
pub struct CountingAllocator;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    static TRACED: Cell<bool> = const { Cell::new(false) };
}

static TRACES: Mutex<Vec<Backtrace>> = Mutex::new(Vec::new());

static BYTES: AtomicUsize = AtomicUsize::new(0);

/// Returns the number of bytes that all threads of the process have allocated and not freed. They
/// are counted as requested, without what the allocator adds.
pub fn allocated_bytes() -> usize {
    BYTES.load(Ordering::Relaxed)
}

/// Returns the number of allocations of this thread so far. Growing a block counts as one.
pub fn on_this_thread() -> u64 {
    ALLOCATIONS.get()
}

/// Sets whether allocations of this thread are traced, for [`traces`]. Tracing is slow.
pub fn trace(traced: bool) {
    TRACED.set(traced);
}

/// Returns where traced allocations were made, as backtraces, and forgets them.
pub fn traces() -> Vec<String> {
    let traces = std::mem::take(&mut *TRACES.lock().unwrap_or_else(PoisonError::into_inner));
    traces.iter().map(ToString::to_string).collect()
}

fn count() {
    let _ = ALLOCATIONS.try_with(|allocations| allocations.set(allocations.get() + 1));
    // Taking and keeping the backtrace allocates, so it is not traced itself.
    let is_traced = TRACED.try_with(|traced| traced.replace(false));
    if is_traced == Ok(true) {
        let backtrace = Backtrace::force_capture();
        let mut traces = TRACES.lock().unwrap_or_else(PoisonError::into_inner);
        traces.push(backtrace);
        TRACED.set(true);
    }
}

#[expect(
    unsafe_code,
    reason = "an allocator needs unsafe code; this one only counts, and calls the system allocator"
)]
// SAFETY: every call is passed on unchanged to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        BYTES.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        BYTES.fetch_add(size, Ordering::Relaxed);
        BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
