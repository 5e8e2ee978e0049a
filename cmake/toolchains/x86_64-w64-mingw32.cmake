# Clang, not GCC, which does not align the stack for registers of 32 bytes on Windows (GCC bug 54412).
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_CXX_COMPILER_TARGET x86_64-w64-mingw32)
# No Node for Windows comes with libstdc++; lld takes libraries in any order.
set(CMAKE_MODULE_LINKER_FLAGS_INIT "-fuse-ld=lld -static -lpthread")
set(CMAKE_CROSSCOMPILING_EMULATOR wine)
