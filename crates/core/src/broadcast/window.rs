//! Which of the numbers of one origin were heard.

/// An origin has three sequences of numbers, which begin at these: one of words and of who is
/// there, one of what may be lost, and one of what is large. What is told often, or fast, does not
/// overtake what travels slowly.
pub(super) const BEGINNINGS: [u64; 3] = [0, 1 << 61, 1 << 62];

/// Which of the sequences a number belongs to.
pub(super) const fn sequence(number: u64) -> usize {
    match number {
        0..0x2000_0000_0000_0000 => 0,
        0x2000_0000_0000_0000..0x4000_0000_0000_0000 => 1,
        _ => 2,
    }
}

/// Which numbers were heard.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Window {
    pub(super) highest: u64,
    /// The highest, and those below it.
    bits: u128,
}

/// Numbers up to the first one that is heard.
const EARLIER: u32 = 16;

impl Window {
    /// What came before the first that is heard counts as heard, but for a few that may be on
    /// another way.
    const fn new(first: u64) -> Self {
        Self { highest: first, bits: u128::MAX << EARLIER | 1 }
    }

    pub(super) const fn contains(self, number: u64) -> bool {
        match self.highest.checked_sub(number) {
            None => false,
            Some(back) if back >= 128 => true,
            Some(back) => self.bits >> back & 1 == 1,
        }
    }

    pub(super) fn insert(&mut self, number: u64) {
        if self.bits == 0 {
            *self = Self::new(number);
            return;
        }
        let ahead = number.saturating_sub(self.highest);
        if ahead > 0 {
            let shift = u32::try_from(ahead).unwrap_or(u32::MAX);
            self.bits = self.bits.checked_shl(shift).unwrap_or(0);
            self.highest = number;
        }
        let back = self.highest.saturating_sub(number);
        if back < 128 {
            self.bits |= 1 << back;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Window;

    #[test]
    fn a_number_is_heard_once() {
        let mut window = Window::new(20);
        assert!(window.contains(20) && window.contains(4) && !window.contains(5));
        window = Window::new(10);
        assert!(window.contains(10) && !window.contains(11));
        window.insert(12);
        assert!(window.contains(12) && !window.contains(11) && window.contains(10));
        window.insert(11);
        assert!(window.contains(11));
    }

    #[test]
    fn far_jumps_forget_what_is_old() {
        let mut window = Window::new(1);
        window.insert(u64::MAX);
        assert!(window.contains(u64::MAX) && window.contains(1) && window.contains(0));
        assert!(!window.contains(u64::MAX - 1) && window.contains(u64::MAX - 128));
    }
}
