//! The sources of the crate, parsed, and which file uses which.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, File, Item, UseTree};

/// One file below `src`.
pub struct Source {
    /// Relative to `src`, such as `store/sql/mod.rs`.
    pub path: String,
    /// The path of its module, such as `["store", "sql"]`. That of `lib.rs` is empty.
    pub module: Vec<String>,
    /// Without comments, and without what follows `#[cfg(test)]`.
    pub code: String,
    pub file: File,
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

pub fn sources() -> Vec<Source> {
    let src = root().join("src");
    let (mut files, mut folders) = (Vec::new(), vec![src.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    assert!(files.len() > 60, "the sources were found");
    files.sort();
    files.into_iter().map(|file| Source::read(&src, &file)).collect()
}

impl Source {
    fn read(src: &Path, file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap();
        let path = file.strip_prefix(src).unwrap().to_string_lossy().into_owned();
        let stem = path.trim_end_matches(".rs").trim_end_matches("/mod");
        let module = stem.split('/').filter(|part| !["lib", "mod"].contains(part)).map(str::to_owned).collect();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let code: Vec<_> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        Self { path, module, code: code.join("\n"), file: syn::parse_file(&text).unwrap() }
    }

    /// Every path into this crate that it names, from the crate's root on.
    fn paths(&self) -> Vec<Vec<String>> {
        let mut paths = Paths { module: self.module.clone(), found: Vec::new() };
        paths.visit_file(&self.file);
        paths.found
    }

    /// What it declares `pub use` or `use` of: the name, and the path behind it.
    fn reexports(&self) -> BTreeMap<String, Vec<String>> {
        let mut found = BTreeMap::new();
        for item in &self.file.items {
            let Item::Use(item) = item else { continue };
            for path in flatten(&item.tree, Vec::new()) {
                if let (Some(path), Some(name)) = (absolute(&self.module, &path), path.last()) {
                    found.insert(name.clone(), path);
                }
            }
        }
        found
    }
}

struct Paths {
    module: Vec<String>,
    found: Vec<Vec<String>>,
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes: &[Attribute] = match item {
            Item::Mod(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => &[],
        };
        let is_test = |attribute: &Attribute| {
            attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
        };
        if attributes.iter().any(is_test) {
            return;
        }
        if let Item::Use(item) = item {
            // A door names what is behind it, and does not use it.
            let is_door = !matches!(item.vis, syn::Visibility::Inherited);
            if !is_door {
                let paths = flatten(&item.tree, Vec::new());
                self.found.extend(paths.iter().filter_map(|path| absolute(&self.module, path)));
            }
            return;
        }
        visit::visit_item(self, item);
    }

    // `pub(super)` names no item.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if ["crate", "super", "doorward"].contains(&&*segments[0]) {
            self.found.extend(absolute(&self.module, &segments));
        }
        visit::visit_path(self, path);
    }
}

fn flatten(tree: &UseTree, mut before: Vec<String>) -> Vec<Vec<String>> {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before)
        }
        UseTree::Name(name) => {
            if name.ident != "self" {
                before.push(name.ident.to_string());
            }
            vec![before]
        }
        UseTree::Rename(rename) => {
            before.push(rename.ident.to_string());
            vec![before]
        }
        UseTree::Glob(_) => vec![before],
        UseTree::Group(group) => group.items.iter().flat_map(|tree| flatten(tree, before.clone())).collect(),
    }
}

/// The path from the crate's root on, or `None` if it leads out of the crate. A path that begins with a child of the module,
/// such as those behind a door, is one of its own.
fn absolute(module: &[String], path: &[String]) -> Option<Vec<String>> {
    match path.first()?.as_str() {
        "crate" | "doorward" => Some(path[1..].to_vec()),
        "self" => Some(module.iter().chain(&path[1..]).cloned().collect()),
        "super" => {
            let (mut module, mut rest) = (module.to_vec(), path);
            while rest.first().is_some_and(|part| part == "super") {
                module.pop();
                rest = &rest[1..];
            }
            Some(module.iter().chain(rest).cloned().collect())
        }
        _ => Some(module.iter().chain(path).cloned().collect()),
    }
}

/// For each file the files that it uses. A name that a module only hands on is followed to where it is defined.
pub fn uses(sources: &[Source]) -> BTreeMap<String, BTreeSet<String>> {
    let modules: BTreeMap<Vec<String>, &Source> =
        sources.iter().map(|source| (source.module.clone(), source)).collect();
    let doors: BTreeMap<Vec<String>, _> =
        sources.iter().map(|source| (source.module.clone(), source.reexports())).collect();
    let resolve = |path: &[String]| {
        let mut path = path.to_vec();
        for _ in 0..8 {
            let depth = (0..=path.len()).rev().find(|depth| modules.contains_key(&path[..*depth]))?;
            let (module, rest) = path.split_at(depth);
            let Some(name) = rest.first() else { return modules.get(module).map(|source| source.path.clone()) };
            match doors[module].get(name).filter(|behind| **behind != path) {
                // Out of the crate, or to where it is defined.
                Some(behind) => path = behind.clone(),
                None => return modules.get(module).map(|source| source.path.clone()),
            }
        }
        None
    };
    let mut uses = BTreeMap::new();
    for source in sources {
        let mut used: BTreeSet<String> = source.paths().iter().filter_map(|path| resolve(path)).collect();
        used.remove(&source.path);
        // What leads out of the crate ends at its top.
        used.remove("lib.rs");
        uses.insert(source.path.clone(), used);
    }
    uses
}

/// A way from a file back to itself, if there is one.
pub fn circle(uses: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn walk<'a>(
        file: &'a str,
        uses: &'a BTreeMap<String, BTreeSet<String>>,
        way: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> Option<Vec<String>> {
        if let Some(index) = way.iter().position(|other| *other == file) {
            return Some(way[index..].iter().map(|file| (*file).to_owned()).collect());
        }
        if !done.insert(file) {
            return None;
        }
        way.push(file);
        let found = uses.get(file).into_iter().flatten().find_map(|other| walk(other, uses, way, done));
        way.pop();
        found
    }
    let mut done = BTreeSet::new();
    uses.keys().find_map(|file| walk(file, uses, &mut Vec::new(), &mut done))
}

/// What a module shows to those who use the crate.
#[derive(Default)]
pub struct Names {
    pub items: Vec<String>,
    pub modules: Vec<String>,
}

pub fn names(source: &Source) -> Names {
    let mut names = Names::default();
    let is_public = |visibility: &syn::Visibility| matches!(visibility, syn::Visibility::Public(_));
    for item in &source.file.items {
        match item {
            Item::Mod(item) if is_public(&item.vis) => names.modules.push(item.ident.to_string()),
            Item::Use(item) if is_public(&item.vis) => {
                names.items.extend(flatten(&item.tree, Vec::new()).into_iter().filter_map(|mut path| path.pop()));
            }
            Item::Struct(item) if is_public(&item.vis) => names.items.push(item.ident.to_string()),
            Item::Enum(item) if is_public(&item.vis) => names.items.push(item.ident.to_string()),
            Item::Trait(item) if is_public(&item.vis) => names.items.push(item.ident.to_string()),
            Item::Type(item) if is_public(&item.vis) => names.items.push(item.ident.to_string()),
            Item::Fn(item) if is_public(&item.vis) => names.items.push(item.sig.ident.to_string()),
            Item::Const(item) if is_public(&item.vis) => names.items.push(item.ident.to_string()),
            _ => {}
        }
    }
    names
}

/// How large the parts of a file are.
#[derive(Default)]
pub struct Sizes {
    /// Each function, with the number of its lines.
    pub functions: Vec<(String, usize)>,
    /// Each struct, with the number of its fields.
    pub fields: Vec<(String, usize)>,
    /// Each type that has methods of its own here, with their number.
    pub methods: Vec<(String, usize)>,
}

pub fn sizes(source: &Source) -> Sizes {
    let mut sizes = Sizes::default();
    sizes.visit_file(&source.file);
    sizes
}

impl<'ast> Visit<'ast> for Sizes {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            // Tests are lists.
            Item::Mod(item) if item.ident == "tests" => return,
            Item::Struct(item) => self.fields.push((item.ident.to_string(), item.fields.len())),
            Item::Impl(item) if item.trait_.is_none() => {
                let methods = item.items.iter().filter(|item| matches!(item, syn::ImplItem::Fn(_))).count();
                if let syn::Type::Path(path) = &*item.self_ty
                    && let Some(name) = path.path.segments.last()
                {
                    self.methods.push((name.ident.to_string(), methods));
                }
            }
            _ => {}
        }
        visit::visit_item(self, item);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.functions.push((item.sig.ident.to_string(), lines(&item.sig, &item.block)));
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.functions.push((item.sig.ident.to_string(), lines(&item.sig, &item.block)));
        visit::visit_impl_item_fn(self, item);
    }
}

fn lines(signature: &syn::Signature, block: &syn::Block) -> usize {
    block.span().end().line - signature.span().start().line + 1
}
