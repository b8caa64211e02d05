// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls
import Prefork

TextField {
    id: field
    Client { id: workers }
    Call { id: words; client: workers; method: "words"; args: [field.text]; autoStart: true; placeholder: 0 }
    ToolTip.text: words.error ? words.error.message : `Words: ${words.result}`
    ToolTip.visible: field.hovered || field.activeFocus
}
