//! Every tier, at every scope, by person and by role, at every way in: each decision is the one of the
//! table.

mod cast;
mod controls;
mod decisions;
mod matrix;
mod messages;
mod places;
mod waiting;
