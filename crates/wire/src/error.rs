//! Why bytes are not what they should be.

/// Why bytes are not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The frame is longer than its kind may be.
    #[error("frame exceeds its size limit")]
    TooLong,
    /// The bytes are not the CBOR that the kind demands.
    #[error("malformed frame")]
    Malformed,
    /// Something does not have its one form: a number or length is longer than it need be, or a
    /// `null` stands where nothing should.
    #[error("not the one form of a frame")]
    NotCanonical,
    /// There is a field or variant that only a newer version knows, and the kind must not grow.
    #[error("unknown field or variant")]
    Unknown,
    /// Bytes follow after the end of the frame.
    #[error("bytes after the end of the frame")]
    Trailing,
    /// A field is outside its limits.
    #[error("field outside its limits: {0}")]
    Limit(&'static str),
}
