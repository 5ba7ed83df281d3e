//! `lacis identity`: who one is.

use serde_json::json;

use crate::arguments::{Common, IdentityCommand};
use crate::failure::Failure;
use crate::output::Output;
use crate::place::Place;

pub(crate) fn run(
    output: &Output,
    common: &Common,
    command: IdentityCommand,
) -> Result<(), Failure> {
    let place = Place::open(common)?;
    match command {
        IdentityCommand::Show => {}
        IdentityCommand::New { name } => {
            if place.has_identity() {
                return Err(Failure::new("there is an identity already")
                    .hint("lacis identity show prints it; --data names another folder"));
            }
            if let Some(name) = name {
                place.set_name(&name)?;
            }
        }
        IdentityCommand::Name { name } => place.set_name(&name)?,
    }
    let id = place.identity()?.peer_id().to_text();
    let name = place.name();
    output.say(&json!({ "identity": id, "name": name }), || match name.as_deref() {
        Some(name) => format!("{id} {name}"),
        None => id.clone(),
    });
    Ok(())
}
