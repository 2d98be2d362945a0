//! The binary form that headings and commands share.

/// Declares the binary form of a heading: the number of the direction and the sprint, or 9 and the
/// fields of a heading without a direction. `Direction` must be in scope.
macro_rules! binary_heading {
    ($(#[$attribute:meta])* $name:ident, $free:ident { $($field:ident: $type:ty),+ }) => {
        #[derive(serde::Serialize, serde::Deserialize)]
        $(#[$attribute])*
        enum $name {
            Still { sprint: bool },
            North { sprint: bool },
            Northeast { sprint: bool },
            East { sprint: bool },
            Southeast { sprint: bool },
            South { sprint: bool },
            Southwest { sprint: bool },
            West { sprint: bool },
            Northwest { sprint: bool },
            $free { $($field: $type),+ },
        }

        impl $name {
            fn keys(direction: Direction, sprint: bool) -> Self {
                match direction {
                    Direction::Still => Self::Still { sprint },
                    Direction::North => Self::North { sprint },
                    Direction::Northeast => Self::Northeast { sprint },
                    Direction::East => Self::East { sprint },
                    Direction::Southeast => Self::Southeast { sprint },
                    Direction::South => Self::South { sprint },
                    Direction::Southwest => Self::Southwest { sprint },
                    Direction::West => Self::West { sprint },
                    Direction::Northwest => Self::Northwest { sprint },
                }
            }

            /// Returns the heading that `keys` makes of a direction, or `free` of the other fields.
            fn read<T>(
                self,
                keys: impl FnOnce(Direction, bool) -> T,
                free: impl FnOnce($($type),+) -> T,
            ) -> T {
                match self {
                    Self::Still { sprint } => keys(Direction::Still, sprint),
                    Self::North { sprint } => keys(Direction::North, sprint),
                    Self::Northeast { sprint } => keys(Direction::Northeast, sprint),
                    Self::East { sprint } => keys(Direction::East, sprint),
                    Self::Southeast { sprint } => keys(Direction::Southeast, sprint),
                    Self::South { sprint } => keys(Direction::South, sprint),
                    Self::Southwest { sprint } => keys(Direction::Southwest, sprint),
                    Self::West { sprint } => keys(Direction::West, sprint),
                    Self::Northwest { sprint } => keys(Direction::Northwest, sprint),
                    Self::$free { $($field),+ } => free($($field),+),
                }
            }
        }
    };
}

pub(crate) use binary_heading;
