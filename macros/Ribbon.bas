Attribute VB_Name = "Ribbon"
Option Explicit

' The buttons of the tab; the id of each is the name of its action.
Public Sub HuizongQuarter(control As IRibbonControl)
    HuizongRun control.ID
End Sub

Public Sub HuizongThisBook(control As IRibbonControl)
    RunIn "this_book", control.ID
End Sub

' The buttons of the control workbook come here too.
Public Sub HuizongRun(ByVal action As String)
    RunIn "addin", action
End Sub

' Python clears the words in the status bar; where it did not get so far, they are cleared here.
Private Sub RunIn(ByVal part As String, ByVal action As String)
    If Not PointToPython Then
        MsgBox Told("HZ_NO_PYTHON"), vbExclamation
    ElseIf ActiveWorkbook Is Nothing Then
        MsgBox Told("HZ_NO_BOOK"), vbExclamation
    Else
        Application.StatusBar = Told("HZ_WORKING")
        If RunPython("import huizong." & part & "; huizong." & part & ".run('" & action & "')") = -1 Then
            Application.StatusBar = False
        End If
    End If
End Sub

' Tell xlwings which Python to start: the first line of the file that huizong install has written.
Public Function PointToPython() As Boolean
    Dim place As String, number As Integer, python As String
    #If Mac Then
        PointToPython = True
    #Else
        place = Environ("USERPROFILE") & "\.huizong\python.txt"
        If Not FileExists(place) Then Exit Function
        number = FreeFile
        Open place For Input As #number
        If Not EOF(number) Then Line Input #number, python
        Close #number
        ThisWorkbook.Worksheets(1).Range("HZ_PYTHON").Value = python
        PointToPython = FileExists(ExpandEnvironmentStrings(python))
    #End If
End Function

Private Function Told(ByVal place As String) As String
    Told = CStr(ThisWorkbook.Worksheets(2).Range(place).Value)
End Function
