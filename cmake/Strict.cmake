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

# What the fuzzers and the library in them are compiled with.
set(QTPREFORK_FUZZ_FLAGS -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
