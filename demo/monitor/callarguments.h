// SPDX-License-Identifier: MIT
#ifndef MONITOR_CALLARGUMENTS_H
#define MONITOR_CALLARGUMENTS_H

#include <QtCore/QString>
#include <QtCore/QVariant>

/// Has the arguments of a call that somebody has typed.
struct CallArguments
{
    QVariantList list;
    QString problem; ///< what is wrong with the text; empty if nothing is

    /// Reads a text of words with blanks between them. Each word is an argument, as after `prefork call`: it is a value
    /// of JSON if it can be read as one, and otherwise a text. There may be blanks in a text in quotation marks, in a
    /// JSON array and in a JSON object. What begins like one of these, but is none, is a problem, and not a text.
    [[nodiscard]] static CallArguments read(const QString &text);
};

#endif
