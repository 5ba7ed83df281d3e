//! The reference of the npm package, made by typedoc from its sources.

use anyhow::Result;

use crate::setup;
use crate::shell::{Run, timed};
use crate::{products, workspace};

pub(crate) fn run() -> Result<()> {
    products::wasm(&setup::ready()?)?;
    let folder = workspace::root().join("docs/reference");
    setup::packages_in(&folder)?;
    timed("Writing the reference", || Run::npm("run build --silent").dir(&folder).step())?;
    println!("{}", workspace::www().join("dist/reference/index.html").display());
    Ok(())
}
