//! The players that a client knows, as sets of slots.

use fixedbitset::FixedBitSet;
use parlour_shared::ids::Slot;

/// The number of slots in a word of a set.
pub(super) const WORD: usize = usize::BITS as usize;

/// Three sets of slots, word by word. One list holds all three, because every due viewer reads all
/// of them, and each list of its own would be one more access to memory.
#[derive(Clone, Debug)]
pub(super) struct KnownPlayers {
    words: Vec<KnownWord>,
}

/// The sets for the slots of one word.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KnownWord {
    /// The slots that the client knows.
    pub(super) known: usize,
    /// The slots that the client knows, but whose player has left the room.
    pub(super) gone: usize,
    /// The slots that a nearby tick sent since the last full tick. Of these slots the client knows
    /// a newer state than of others.
    ahead: usize,
}

impl KnownPlayers {
    pub(super) fn new(slot_count: usize) -> Self {
        let words = vec![KnownWord::default(); slot_count.div_ceil(WORD)];
        Self { words }
    }

    pub(super) fn grow(&mut self, slot_count: usize) {
        let words = slot_count.div_ceil(WORD);
        if words > self.words.len() {
            self.words.resize(words, KnownWord::default());
        }
    }

    pub(super) fn words(&self) -> &[KnownWord] {
        &self.words
    }

    /// Notes that the player of a slot left the room. The sets of a watcher that was sent nothing
    /// yet may not have the slot.
    pub(super) fn lose(&mut self, slot: Slot) {
        let (word, bit) = place(slot.index());
        let Some(word) = self.words.get_mut(word) else {
            return;
        };
        if word.known & bit != 0 {
            word.known &= !bit;
            word.gone |= bit;
            word.ahead &= !bit;
        }
    }

    pub(super) fn clear(&mut self) {
        self.words.fill(KnownWord::default());
    }

    /// Notes that a full tick sent these slots, and no others.
    pub(super) fn replace(&mut self, visible: &FixedBitSet) {
        self.grow(visible.len());
        let visible = visible.as_slice().iter().copied();
        for (word, known) in self.words.iter_mut().zip(visible.chain(std::iter::repeat(0))) {
            *word = KnownWord {
                known,
                ..KnownWord::default()
            };
        }
    }

    pub(super) fn is_ahead(&self, slot: usize) -> bool {
        let (word, bit) = place(slot);
        self.words[word].ahead & bit != 0
    }

    pub(super) fn set_ahead(&mut self, slot: usize, is_ahead: bool) {
        let (word, bit) = place(slot);
        let ahead = &mut self.words[word].ahead;
        *ahead = if is_ahead { *ahead | bit } else { *ahead & !bit };
    }
}

/// Returns the word of a slot, and the bit in it.
fn place(slot: usize) -> (usize, usize) {
    (slot / WORD, 1 << (slot % WORD))
}
