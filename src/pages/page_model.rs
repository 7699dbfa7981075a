use serde::Serialize;

use super::page::Page;

/// The data of a page. Only this crate implements it.
pub trait PageModel: Serialize + sealed::Sealed + Send + Sync + 'static {
    /// What is around the content.
    fn page(&self) -> &Page;
}

pub(in crate::pages) mod sealed {
    pub trait Sealed {}
}

/// Declares the data of pages, which have a field `page`.
macro_rules! models {
    ($($model:ident),+) => {
        $(
            impl $crate::pages::page_model::sealed::Sealed for $model {}
            impl $crate::pages::page_model::PageModel for $model {
                fn page(&self) -> &$crate::pages::page::Page {
                    &self.page
                }
            }
        )+
    };
}
pub(super) use models;
