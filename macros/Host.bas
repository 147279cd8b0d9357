Attribute VB_Name = "Host"
Option Explicit

' What the buttons call. LibreOffice runs every branch of #If, so the host is asked for
' when the macro runs: no Excel that opens this workbook has a version below 12.
Public Sub Huizong(ByVal action As String)
    If Val(Application.Version) < 12 Then
        StartPython action
    Else
        CallAddIn action
    End If
End Sub

Private Sub CallAddIn(ByVal action As String)
    On Error GoTo Missing
    Application.Run "huizong.xlam!HuizongRun", action
    Exit Sub
Missing:
    MsgBox Told("HZ_NO_ADDIN") & vbCrLf & vbCrLf & Err.Description, vbExclamation
End Sub

' Python connects back to this window and ends the words in the status bar.
Private Sub StartPython(ByVal action As String)
    Dim q As String, book As String, started As Variant
    On Error GoTo Missing
    q = Chr(34)
    book = ThisWorkbook.Path & Application.PathSeparator & ThisWorkbook.Name
    Application.StatusBar = Told("HZ_WORKING")
    started = Shell(q & Interpreter() & q & " -m huizong.click " & action & " " & q & book & q, 0)
    Exit Sub
Missing:
    Application.StatusBar = False
    MsgBox Told("HZ_NO_PYTHON"), vbExclamation
End Sub

' The first line of the file that huizong install has written.
Private Function Interpreter() As String
    Dim home As String, number As Integer, text As String
    home = Environ("HOME")
    If home = "" Then home = Environ("USERPROFILE")
    number = FreeFile
    Open home & "/.huizong/python.txt" For Input As #number
    Line Input #number, text
    Close #number
    Interpreter = text
End Function

Private Function Told(ByVal place As String) As String
    Told = CStr(ThisWorkbook.Worksheets(1).Range(place).Value)
End Function
