//! Hostile components that Rust can't say: core modules that are started inside the honest component, and components
//! that are none of ours. Part of the tests' build script.

use wasm_encoder::{
    BlockType, CodeSection, Component, ComponentImportSection, ComponentTypeRef,
    ComponentTypeSection, ComponentValType, Function, FunctionSection, HeapType, MemorySection,
    MemoryType, Module, PrimitiveValType, RefType, StartSection, TableSection, TableType,
    TypeSection,
};

/// Core modules by their names.
pub fn modules() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("loops_while_it_starts", loops_while_it_starts()),
        ("fills_a_table", fills_a_table()),
        // A gigabyte, before it has done anything.
        ("begins_with_a_gigabyte", with_memories(1, 16_384)),
        ("has_sixteen_memories", with_memories(16, 1)),
    ]
}

/// Components by their names.
pub fn components() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("imports_what_nobody_grants", imports_what_nobody_grants()),
        ("is_of_another_world", Component::new().finish()),
    ]
}

/// Holds a processor before its first function is called.
fn loops_while_it_starts() -> Vec<u8> {
    let mut body = Function::new([]);
    body.instructions()
        .loop_(BlockType::Empty)
        .br(0)
        .end()
        .end();
    started(Module::new(), None, &body)
}

/// Makes a table larger and larger.
fn fills_a_table() -> Vec<u8> {
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: 1,
        maximum: None,
        shared: false,
    });
    let mut body = Function::new([]);
    body.instructions()
        .loop_(BlockType::Empty)
        .ref_null(HeapType::FUNC)
        .i32_const(1_000)
        .table_grow(0)
        .drop()
        .br(0)
        .end()
        .end();
    started(Module::new(), Some(&tables), &body)
}

/// A module that does this when it is instantiated.
fn started(mut module: Module, tables: Option<&TableSection>, body: &Function) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut code = CodeSection::new();
    code.function(body);
    module.section(&types).section(&functions);
    if let Some(tables) = tables {
        module.section(tables);
    }
    module
        .section(&StartSection { function_index: 0 })
        .section(&code);
    module.finish()
}

fn with_memories(count: usize, pages: u64) -> Vec<u8> {
    let mut memories = MemorySection::new();
    for _ in 0..count {
        memories.memory(MemoryType {
            minimum: pages,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
    }
    let mut module = Module::new();
    module.section(&memories);
    module.finish()
}

/// Wants to start processes.
fn imports_what_nobody_grants() -> Vec<u8> {
    let mut types = ComponentTypeSection::new();
    types
        .function()
        .params([(
            "command",
            ComponentValType::Primitive(PrimitiveValType::String),
        )])
        .result(None);
    let mut imports = ComponentImportSection::new();
    imports.import("start-process", ComponentTypeRef::Func(0));
    let mut component = Component::new();
    component.section(&types).section(&imports);
    component.finish()
}
