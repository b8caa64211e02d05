# SPDX-License-Identifier: MIT
# qtprefork_strict(TARGET): the compile settings every target of this project shares.
function(qtprefork_strict target)
    target_compile_definitions(${target} PRIVATE
        QT_NO_KEYWORDS QT_NO_FOREACH QT_NO_CAST_FROM_ASCII QT_NO_CAST_TO_ASCII QT_NO_URL_CAST_FROM_STRING
        QT_NO_CAST_FROM_BYTEARRAY QT_STRICT_ITERATORS QT_NO_NARROWING_CONVERSIONS_IN_CONNECT)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wcast-align -Wundef -Wnon-virtual-dtor
        -Woverloaded-virtual)
    if(QTPREFORK_DEVELOPER)
        target_compile_options(${target} PRIVATE -Werror)
        target_compile_definitions(${target} PRIVATE QT_FORCE_ASSERTS)
    endif()
    if(QTPREFORK_SANITIZE)
        target_compile_options(${target} PRIVATE -fsanitize=${QTPREFORK_SANITIZE} -fno-omit-frame-pointer
            -fno-sanitize-recover=all)
        target_link_options(${target} PRIVATE -fsanitize=${QTPREFORK_SANITIZE})
    endif()
endfunction()

# qtprefork_unity(TARGET): a few of its sources at a time are compiled as one. This takes a tenth of the time, and the
# compiler sees more to inline. CMAKE_UNITY_BUILD=OFF compiles each source on its own, and so shows which one forgets an
# include.
function(qtprefork_unity target)
    if(NOT DEFINED CMAKE_UNITY_BUILD)
        set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 16)
    endif()
endfunction()

# What the fuzzers and the library in them are compiled with.
set(QTPREFORK_FUZZ_FLAGS -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
