//! The formats as a whole: what is written is read, what is hostile is refused, what is new is
//! skipped, and what is documented is true.

mod arbitrary;
mod chains;
mod description;
mod diagnostic;
mod document;
mod ends;
mod evolution;
mod golden;
mod group_arbitrary;
mod group_frames;
mod group_keys;
mod group_limits;
mod group_samples;
mod group_vectors;
mod headers;
mod hostile;
mod invitations;
mod keys;
mod limits;
mod refused_forms;
mod refused_groups;
mod refused_limits;
mod refused_texts;
mod refused_vectors;
mod round_trip;
mod samples;
mod signature_vectors;
mod symbol_vectors;
mod vectors;
