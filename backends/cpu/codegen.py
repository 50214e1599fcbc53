"""LLVM: text to object code, object code to addresses. Imports llvmlite."""

from functools import cache

import llvmlite.binding as llvm

from lazydag.backends.cpu.target import CodeTarget

VERSION = ".".join(map(str, llvm.llvm_version_info))


@cache
def _initialize(triple: str) -> None:
    if triple.startswith(llvm.get_process_triple().split("-")[0]):
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
    else:
        llvm.initialize_all_targets()
        llvm.initialize_all_asmprinters()


def _machine(
    target: CodeTarget, level: int, *, is_alone: bool = False
) -> llvm.TargetMachine:
    _initialize(target.triple)
    return llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.cpu,
        features=target.features,
        opt=level,
        reloc="pic" if is_alone else "default",
        codemodel="small" if is_alone else "jitdefault",
        jit=True,
    )


class Generator:
    """Makes objects for one target at one level.

    Parameters
    ----------
    target
        Processor to make them for.
    level
        Optimisation of instruction selection.
    is_optimised
        Whether LLVM's passes run before. Such a text needs no other object, so that
        its code is made to run wherever it lies.
    """

    def __init__(
        self, target: CodeTarget, level: int, *, is_optimised: bool = False
    ) -> None:
        self._triple = target.triple
        self._machine = _machine(target, level, is_alone=is_optimised)
        self._layout = str(self._machine.target_data)
        self._is_optimised = is_optimised

    def object(self, text: str) -> bytes:
        """Object code of a module's text."""
        return bytes(self._machine.emit_object(self._parse(text)))

    def assembly(self, text: str) -> str:
        """Assembly of a module's text, for people and tests."""
        return str(self._machine.emit_assembly(self._parse(text)))

    def _parse(self, text: str) -> llvm.ModuleRef:
        module = llvm.parse_assembly(text)
        module.triple = self._triple
        module.data_layout = self._layout
        if self._is_optimised:
            self._optimise(module)
        return module

    def _optimise(self, module: llvm.ModuleRef) -> None:
        tuning = llvm.create_pipeline_tuning_options(speed_level=2)
        tuning.loop_vectorization = tuning.slp_vectorization = False
        builder = llvm.create_pass_builder(self._machine, tuning)
        builder.getModulePassManager().run(module, builder)


class Engine:
    """Holds loaded objects; they stay for the life of the process.

    Symbols that no object defines are looked up in the process: the C library's
    ``fma``, ``fmod``, ``memcpy``.
    """

    def __init__(self, target: CodeTarget) -> None:
        machine = _machine(target, 0)
        module = llvm.parse_assembly("")
        module.triple = target.triple
        module.data_layout = str(machine.target_data)
        self._engine = llvm.create_mcjit_compiler(module, machine)

    def add(self, content: bytes) -> None:
        """Load an object; those it refers to must have been added before."""
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(content))
        self._engine.finalize_object()

    def address(self, symbol: str) -> int:
        """Where a loaded function starts."""
        return int(self._engine.get_function_address(symbol))
