(** The rank of a matrix over a field, in elementary words, and what proves bounds for it by computation. *)

From Coq Require Import List ZArith QArith Lia Ring Setoid Morphisms.
From ExactCNN Require Import Numbers.
Import ListNotations.

Definition matrix (K : numbers) : Type := list (list K).

(** Entry j of c_1 row_1 + c_2 row_2 + ...; what is outside of a row is 0. *)
Fixpoint combination {K : numbers} (c : list K) (rows : matrix K) (j : nat) : K :=
  match c, rows with
  | a :: c', row :: rows' => add (mul a (nth j row zero)) (combination c' rows' j)
  | _, _ => zero
  end.

(** Only the combination without coefficients other than 0 vanishes. *)
Definition independent {K : numbers} (eqv : K -> K -> Prop) (rows : matrix K) : Prop :=
  forall c : list K, length c = length rows -> (forall j, eqv (combination c rows j) zero) ->
  Forall (fun a => eqv a zero) c.

Definition selected {A : Type} (indices : list nat) (rows : list (list A)) : list (list A) :=
  map (fun i => nth i rows []) indices.

(** There are r rows that are independent. (A row that is named twice, or is none, would make them dependent.) *)
Definition rank_at_least {K : numbers} (eqv : K -> K -> Prop) (F : matrix K) (r : nat) : Prop :=
  exists indices, length indices = r /\ independent eqv (selected indices F).

(** There are r vectors of which all rows are combinations. *)
Definition rank_at_most {K : numbers} (eqv : K -> K -> Prop) (F : matrix K) (r : nat) : Prop :=
  exists basis : matrix K, length basis = r /\
  Forall (fun row => exists c, length c = r /\ forall j, eqv (nth j row zero) (combination c basis j)) F.

Definition columns_of {K : numbers} (columns : list nat) (row : list K) : list K :=
  map (fun j => nth j row zero) columns.

Section Ranks.
  Variable K : numbers.
  Variable eqv : K -> K -> Prop.
  Hypothesis laws : field_over_Q K eqv.
  Local Infix "==" := eqv (at level 70).
  Local Instance equality_instance : Equivalence eqv := equality K eqv laws.
  Local Instance add_instance : Proper (eqv ==> eqv ==> eqv) (@add K) := add_proper K eqv laws.
  Local Instance mul_instance : Proper (eqv ==> eqv ==> eqv) (@mul K) := mul_proper K eqv laws.
  Local Instance opp_instance : Proper (eqv ==> eqv) (@opp K) := opp_proper K eqv laws.
  Local Instance sub_instance : Proper (eqv ==> eqv ==> eqv) (@sub K) := sub_proper K eqv laws.
  Add Ring K_ring : (ring_laws K eqv laws) (setoid equality_instance (ring_proper K eqv laws)).

  Lemma nth_columns (columns : list nat) (row : list K) (j : nat) :
    nth j (columns_of columns row) zero = if j <? length columns then nth (nth j columns O) row zero else zero.
  Proof.
    unfold columns_of. revert j. induction columns as [| i columns IH]; intros [| j]; try reflexivity.
    simpl. rewrite IH. reflexivity.
  Qed.

  Lemma combination_columns (columns : list nat) (c : list K) (rows : matrix K) (j : nat) :
    combination c (map (columns_of columns) rows) j ==
    if j <? length columns then combination c rows (nth j columns O) else zero.
  Proof.
    revert rows. induction c as [| a c IH]; intros [| row rows]; simpl; try (destruct (j <? _); reflexivity).
    rewrite IH, nth_columns. destruct (j <? length columns); [reflexivity | ring].
  Qed.

  (** Rows are independent if they are on some columns. *)
  Lemma independent_on_columns (columns : list nat) (rows : matrix K) :
    independent eqv (map (columns_of columns) rows) -> independent eqv rows.
  Proof.
    intros I c L H. apply I; [rewrite map_length; exact L |].
    intro j. rewrite combination_columns. destruct (j <? length columns); [apply H | reflexivity].
  Qed.

  (** One step of elimination without division: a r - b row, for every row (b, r) below (a, row). *)
  Definition eliminate (a : K) (row : list K) (other : list K) : list K :=
    match other with
    | b :: r => map (fun pair => sub (mul a (snd pair)) (mul b (fst pair))) (combine row r)
    | [] => []
    end.

  Definition all_of_length (n : nat) (rows : matrix K) : Prop := Forall (fun row => length row = n) rows.

  Lemma nth_eliminate (a b : K) (row r : list K) (j : nat) : length r = length row ->
    nth j (eliminate a row (b :: r)) zero == sub (mul a (nth j r zero)) (mul b (nth j row zero)).
  Proof.
    simpl. revert r j. induction row as [| x row IH]; intros [| y r] j L; try discriminate L.
    - destruct j; simpl; ring.
    - destruct j; simpl; [reflexivity | apply IH; injection L; auto].
  Qed.

  Lemma combination_eliminate (a : K) (row : list K) (c : list K) (rows : matrix K) (j : nat) :
    all_of_length (S (length row)) rows ->
    combination c (map (eliminate a row) rows) j ==
    sub (mul a (combination c rows (S j))) (mul (combination c rows O) (nth j row zero)).
  Proof.
    revert rows. induction c as [| x c IH]; intros rows A; [simpl; ring |].
    destruct rows as [| r rows]; [simpl; ring |]. inversion_clear A as [| ? ? L A'].
    destruct r as [| b r]; [discriminate L |].
    cbn [map combination]. rewrite IH by exact A'. rewrite nth_eliminate by (injection L; auto).
    cbn [nth]. ring.
  Qed.

  Lemma combination_with_zeros (c : list K) (rows : matrix K) (j : nat) :
    Forall (fun a => a == zero) c -> combination c rows j == zero.
  Proof.
    intro C. revert rows. induction C as [| y c Hy C IH]; intros [| r rows]; simpl; try reflexivity.
    rewrite IH, Hy. ring.
  Qed.

  Lemma independent_after_elimination (a : K) (row : list K) (rows : matrix K) :
    all_of_length (S (length row)) rows -> ~ a == zero ->
    independent eqv (map (eliminate a row) rows) -> independent eqv ((a :: row) :: rows).
  Proof.
    intros A Ha I c L H. destruct c as [| x c]; [discriminate L |].
    assert (V : forall j, combination c (map (eliminate a row) rows) j == zero).
    { intro j. rewrite combination_eliminate by exact A.
      pose proof (H O) as H0. pose proof (H (S j)) as H1. cbn [combination nth] in H0, H1.
      transitivity (sub (mul a (add (mul x (nth j row zero)) (combination c rows (S j))))
                        (mul (add (mul x a) (combination c rows O)) (nth j row zero))); [ring |].
      rewrite H0, H1. ring. }
    assert (C : Forall (fun y => y == zero) c).
    { apply I; [rewrite map_length; injection L; auto | exact V]. }
    constructor; [| exact C].
    apply (no_zero_divisors K eqv laws a); [exact Ha |].
    pose proof (H O) as H0. cbn [combination nth] in H0. rewrite (combination_with_zeros _ _ O C) in H0. rewrite <- H0. ring.
  Qed.

  Lemma independent_nil : independent eqv ([] : matrix K).
  Proof. intros [| x c] L _; [constructor | discriminate L]. Qed.

  (** Triangular rows with a diagonal without 0: in the column of a row's own diagonal the later rows are 0. *)
  Fixpoint triangular (order : nat) (rows : matrix K) : Prop :=
    match order, rows with
    | O, [] => True
    | S n, (a :: row) :: rest =>
        ~ a == zero /\ all_of_length (S (length row)) rest /\ Forall (fun r => nth O r zero == zero) rest /\
        triangular n (map (@tl K) rest)
    | _, _ => False
    end.

  Lemma nth_tl (r : list K) (j : nat) : nth j (tl r) zero = nth (S j) r zero.
  Proof. destruct r; [destruct j |]; reflexivity. Qed.

  Lemma combination_tl (c : list K) (rows : matrix K) (j : nat) :
    combination c (map (@tl K) rows) j = combination c rows (S j).
  Proof.
    revert rows. induction c as [| a c IH]; intros [| r rows]; try reflexivity.
    cbn [map combination]. rewrite IH, nth_tl. reflexivity.
  Qed.

  Lemma combination_of_zeros (c : list K) (rows : matrix K) (j : nat) :
    Forall (fun r => nth j r zero == zero) rows -> combination c rows j == zero.
  Proof.
    revert rows. induction c as [| a c IH]; intros rows Z; [reflexivity |].
    destruct Z as [| r rows Hr Z]; [reflexivity |]. cbn [combination]. rewrite Hr, IH by exact Z. ring.
  Qed.

  Lemma triangular_independent (order : nat) (rows : matrix K) : triangular order rows -> independent eqv rows.
  Proof.
    revert rows. induction order as [| n IH]; intros [| [| a row] rest]; simpl; try contradiction.
    - intros _. exact independent_nil.
    - intros (Ha & _ & Z & T) c L H. destruct c as [| x c]; [discriminate L |].
      assert (X : x == zero).
      { apply (no_zero_divisors K eqv laws a); [exact Ha |].
        pose proof (H O) as H0. cbn [combination nth] in H0. rewrite combination_of_zeros in H0 by exact Z.
        rewrite <- H0. ring. }
      constructor; [exact X |].
      apply (IH _ T); [rewrite map_length; injection L; auto |].
      intro j. rewrite combination_tl. pose proof (H (S j)) as H1. cbn [combination nth] in H1.
      rewrite X in H1. rewrite <- H1. ring.
  Qed.

  (** F = A B row by row: the rank is at most the number of rows of B. *)
  Lemma rank_at_most_by_factors (F A B : matrix K) :
    Forall2 (fun row c => length c = length B /\ forall j, nth j row zero == combination c B j) F A ->
    rank_at_most eqv F (length B).
  Proof.
    intro H. exists B. split; [reflexivity |].
    induction H as [| row c F A E H IH]; constructor; [exists c; exact E | exact IH].
  Qed.

  (** What shape alone says: every row is a combination of all rows, and of the unit vectors. *)
  Lemma rank_at_most_columns (F : matrix K) (n : nat) : Forall (fun row => length row <= n)%nat F -> rank_at_most eqv F n.
  Proof.
    intro H. exists (map (fun i => repeat zero i ++ [one]) (seq 0 n)). split; [rewrite map_length; apply seq_length |].
    apply (Forall_impl _ (P := fun row => (length row <= n)%nat)); [| exact H]. clear - laws. intros row L.
    exists (row ++ repeat zero (n - length row)). split; [rewrite app_length, repeat_length; lia |].
    intro j. assert (N : nth j row zero = nth j (row ++ repeat zero (n - length row)) zero).
    { destruct (Nat.lt_ge_cases j (length row)) as [J | J]; [rewrite app_nth1 by exact J; reflexivity |].
      rewrite app_nth2, nth_overflow by exact J. symmetry. apply nth_repeat. }
    rewrite N. set (c := row ++ _) in *. assert (C : length c = n) by (unfold c; rewrite app_length, repeat_length; lia).
    clearbody c. clear L N row. assert (G : forall s, combination c (map (fun i => repeat zero i ++ [one]) (seq s n)) j ==
      if j <? s then zero else nth (j - s) c zero).
    { revert n C. induction c as [| a c IH]; intros n <- s; cbn [length seq map combination].
      - destruct (j <? s); [| destruct (j - s)%nat]; reflexivity.
      - rewrite (IH _ eq_refl). destruct (Nat.compare_spec j s) as [-> | L | L].
        + rewrite app_nth2 by (rewrite repeat_length; lia). rewrite repeat_length, Nat.sub_diag, Nat.ltb_irrefl.
          rewrite (proj2 (Nat.ltb_lt s (S s))) by lia. simpl. ring.
        + rewrite app_nth1 by (rewrite repeat_length; lia). rewrite nth_repeat.
          rewrite (proj2 (Nat.ltb_lt j s)), (proj2 (Nat.ltb_lt j (S s))) by lia. simpl. ring.
        + rewrite (nth_overflow (repeat zero s ++ [one])) by (rewrite app_length, repeat_length; simpl; lia).
          rewrite (proj2 (Nat.ltb_ge j s)), (proj2 (Nat.ltb_ge j (S s))) by lia.
          replace (j - s)%nat with (S (j - S s)) by lia. simpl. ring. }
    rewrite G. simpl. rewrite Nat.sub_0_r. reflexivity.
  Qed.

  Lemma rank_at_most_rows (F : matrix K) : rank_at_most eqv F (length F).
  Proof.
    exists F. split; [reflexivity |]. apply Forall_forall. intros row I.
    induction F as [| r F IH]; [contradiction I |]. destruct I as [-> | I].
    - exists (one :: repeat zero (length F)). split; [simpl; rewrite repeat_length; reflexivity |].
      intro j. cbn [combination]. rewrite combination_with_zeros; [ring |].
      apply Forall_forall. intros x X. apply repeat_spec in X. rewrite X. reflexivity.
    - destruct (IH I) as (c & L & H). exists (zero :: c). split; [simpl; congruence |].
      intro j. cbn [combination]. rewrite <- H. ring.
  Qed.
End Ranks.
